import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../../src/metrics/create-metrics.ts'
import { parseExposition } from './exposition.ts'

interface Panel {
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string }[]
}

const text = readFileSync(new URL('../../../dashboards/walletgate.json', import.meta.url), 'utf8')
const { panels } = JSON.parse(text) as { panels: readonly Panel[] }
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** Every source there can be, so that every family is registered. */
const SOURCES = {
  prepare: async () => {},
  outbox: { counters: () => ({ queued: 0, sent: 0, retried: 0, dropped: 0, flooded: 0 }), waiting: async () => 0 },
  webhooks: { counters: () => ({ queued: 0, sent: 0, retried: 0, dropped: 0, lost: 0 }), waiting: async () => 0 },
  audit: { counters: () => ({ file: { written: 0, lost: 0, waiting: 0 } }) },
  chainCounts: () => [
    {
      chainId: 'eip155:1',
      verdicts: { contract_accepted: 1 },
      milliseconds: 1,
      turnedAway: 0,
      requests: {},
    },
  ],
  signingKeys: () => [{ projectId: 'demo', door: 'moonkey' as const, createdAt: new Date() }],
  reloads: {
    outcomes: { applied: 0, unchanged: 0, refused: 0, failed: 0 },
    isLastInForce: true,
    lastSuccessAt: new Date(),
  },
}

describe('dashboards/walletgate.json', () => {
  it('asks for nothing that we do not show, and for every family of ours', async () => {
    const metrics = await createMetrics()
    metrics.watch(SOURCES)
    const { types } = parseExposition(await metrics.registry.metrics())
    const asked = new Set(
      expressions.flatMap((expr) =>
        [...expr.matchAll(/\b((?:walletgate|process|nodejs)_\w+)\{/g)].map(([, name = '']) => name),
      ),
    )
    const family = (name: string) => {
      const base = name.replace(/_(?:bucket|count|sum)$/, '')
      return types.get(base) === 'histogram' ? base : name
    }
    const families = new Set([...asked].map(family))
    // The supervisor's own; shown with several workers only.
    families.delete('walletgate_workers')
    expect([...families].filter((name) => !types.has(name))).toEqual([])
    const ours = [...types.keys()].filter((name) => name.startsWith('walletgate_'))
    expect(ours.filter((name) => !families.has(name))).toEqual([
      'walletgate_http_requests_in_flight',
      'walletgate_rpc_requests_total',
    ])
  })

  it('has whole expressions, and panels that do not overlap', () => {
    expect(expressions.length).toBeGreaterThan(20)
    for (const expr of expressions) {
      for (const [open, close] of [
        ['(', ')'],
        ['{', '}'],
        ['[', ']'],
      ] as const) {
        expect(expr.split(open).length, expr).toBe(expr.split(close).length)
      }
    }
    const taken = new Set<string>()
    for (const { title, gridPos } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect([title, x < 24, taken.has(`${x},${y}`)]).toEqual([title, true, false])
          taken.add(`${x},${y}`)
        }
      }
    }
  })
})

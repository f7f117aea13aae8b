import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { barChart } from '../../bench/report/bar-chart.ts'
import { writeReport } from '../../bench/report/document.ts'
import { ticks } from '../../bench/report/frame.ts'
import { lineChart } from '../../bench/report/line-chart.ts'
import { withExcerpt } from '../../bench/report/readme.ts'
import { readResults } from '../../bench/results.ts'
import type { SignInResults } from '../../bench/sign-in-results.ts'

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
/** Results without a row. */
const NOTHING: SignInResults = {
  run: {
    command: 'npm test',
    date: '2026-01-01T00:00:00.000Z',
    commit: 'none',
    node: 'v20.0.0',
    redis: '7',
    machine: { cpu: 'any', cores: 1, memoryGib: 1, system: 'any' },
    quick: false,
    note: null,
  },
  rounds: 1,
  signIns: 1,
  concurrency: 1,
  tokenSignatures: { HS256: 1, RS256: 1, ES256: 1 },
  starts: [],
  signInRows: [],
}
const DOCS = new URL('../../docs/', import.meta.url)

describe('docs/benchmarks.md', () => {
  it('is what `npm run bench:report` writes from the committed results, and so are its pictures', () => {
    const files = writeReport()
    for (const [path, content] of Object.entries(files)) expect(readFileSync(new URL(path, DOCS), 'utf8')).toBe(content)
    const pictures = Object.keys(files).filter((path) => path.endsWith('.svg'))
    const committed = pictures.length === 0 ? [] : readdirSync(new URL('benchmarks', DOCS))
    expect(committed.map((name) => `benchmarks/${name}`).sort()).toEqual(pictures.sort())
  })
})

describe('README.md', () => {
  it('shows the excerpt that `npm run bench:report` writes, and has a place for it', () => {
    const results = readResults<SignInResults>('sign-in')
    if (results !== null) expect(withExcerpt(README, results)).toBe(README)
    const written = withExcerpt(README, NOTHING)
    expect(withExcerpt(written, NOTHING)).toBe(written)
    expect(() => withExcerpt('# Walletgate', NOTHING)).toThrow('README.md has no line')
  })
})

describe('charts', () => {
  it('marks an axis at round numbers, from nought to beyond the most', () => {
    expect(ticks(7_632)).toEqual([0, 2_000, 4_000, 6_000, 8_000])
    expect(ticks(1)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1])
    expect(ticks(101)).toEqual([0, 25, 50, 75, 100, 125])
  })

  it('draws bars in proportion, and none for what was not measured', () => {
    const chart = barChart({
      title: 'a < b',
      unit: 'µs',
      series: ['one', 'two'],
      groups: [
        { name: 'x', values: [100, 50] },
        { name: 'y', values: [25, null] },
      ],
    })
    const widths = [...chart.matchAll(/<rect class="f\d" x="154" y="[\d.]+" width="([\d.]+)"/g)].map(([, width]) =>
      Number(width),
    )
    expect(widths).toHaveLength(3)
    expect((widths[0] ?? 0) / (widths[1] ?? 0)).toBeCloseTo(2, 1)
    expect((widths[0] ?? 0) / (widths[2] ?? 0)).toBeCloseTo(4, 1)
    expect(chart).toContain('<title>a &lt; b</title>')
  })

  it('puts equal factors at equal distances on a logarithmic axis', () => {
    const points = [1, 100, 10_000].map((x) => ({ x, y: 5 }))
    const chart = lineChart({ title: 't', xUnit: 'x', yUnit: 'y', xScale: 'log', series: [{ name: 's', points }] })
    const [a = 0, b = 0, c = 0] = [...chart.matchAll(/<circle class="f0" cx="([\d.]+)"/g)].map(([, x]) => Number(x))
    expect(b - a).toBeCloseTo(c - b, 0)
  })
})

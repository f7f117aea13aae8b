import { judgeBudgets, limitOf, nameOf, textbookOf } from './budgets.ts'
import type { SignInResults, SignInRow } from './sign-in-results.ts'
import { median } from './statistics.ts'
import { type Cell, formatTable } from './table.ts'

/** Every sign-in that was measured in a store, with its budget. */
export function signInTable(results: SignInResults, store: 'memory' | 'redis'): string {
  return formatTable(
    [
      ['sign-in', 'wallet', 'server'],
      ['CPU µs', 'budget', 'kept', 'textbook ÷ this', 'a second', 'core used', 'p50 ms', 'p95 ms', 'p99 ms', 'RSS MB'],
    ],
    results.signInRows.filter((row) => row.store === store).map((row) => [...cellsOf(row, results)]),
  )
}

function cellsOf(row: SignInRow, results: SignInResults): readonly Cell[] {
  const isOurs = row.server === 'walletgate'
  const limit = isOurs ? limitOf(row, results) : null
  const textbook = isOurs ? textbookOf(row, results) : null
  return [
    row.server === 'better-auth' ? 'its own, Ethereum' : nameOf(row),
    row.server === 'floor' ? 'any' : row.wallet,
    row.server,
    row.cpu,
    limit,
    limit === null ? null : row.cpu <= limit ? 'yes' : 'no',
    textbook === null ? null : (textbook.cpu / row.cpu).toFixed(1),
    row.perSecond,
    `${(100 * row.coreShare).toFixed(0)} %`,
    ...[row.latency.p50, row.latency.p95, row.latency.p99].map((ms) => ms.toFixed(1)),
    row.rssBytes / 1e6,
  ]
}

/** Below this share of its core, with more callers than it can serve, a server was kept from working by something else. */
const QUIET_SHARE = 0.6

/** A sentence for readers where the machine was not quiet: CPU time too is then dearer, and not alike for all. Null where it was. */
export function busyWarning({ signInRows }: SignInResults): string | null {
  const share = median(signInRows.map(({ coreShare }) => coreShare))
  if (share >= QUIET_SHARE) return null
  return `The machine was busy with something else: servers got ${(100 * share).toFixed(0)} % of their core. Do not rely on these figures.`
}

/** What one signature of a token costs by itself. */
export function signatureTable({ tokenSignatures }: SignInResults): string {
  const dialects = { HS256: '4mica', RS256: 'MoonKey', ES256: 'WalletKit' } as const
  return formatTable(
    [
      ['token', 'dialect'],
      ['CPU µs', 'above an HMAC'],
    ],
    (['HS256', 'RS256', 'ES256'] as const).map((algorithm) => [
      algorithm,
      dialects[algorithm],
      tokenSignatures[algorithm],
      tokenSignatures[algorithm] - tokenSignatures.HS256,
    ]),
  )
}

/** How long servers take to start, and what they take before anybody comes. */
export function startTable({ starts }: SignInResults): string {
  return formatTable(
    [
      ['server', 'store'],
      ['ms to the first answer', 'idle RSS MB'],
    ],
    starts.map(({ server, store, startMs, idleRssBytes }) => [server, store, startMs, idleRssBytes / 1e6]),
  )
}

/** The budgets of the design, kept or not. */
export function budgetTable(results: SignInResults): string {
  return formatTable(
    [['budget'], ['limit', 'measured', 'unit', 'kept']],
    judgeBudgets(results).map(({ what, limit, measured, unit, isKept }) => [
      what,
      limit,
      unit === '×' ? measured.toFixed(1) : measured,
      unit,
      isKept ? 'yes' : 'no',
    ]),
  )
}

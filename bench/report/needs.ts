import { nameOf } from '../budgets.ts'
import type { StoredResults } from '../scale/results.ts'
import type { SignInResults, SignInRow } from '../sign-in-results.ts'
import { formatTable, grouped } from '../table.ts'

const PER_SECOND = 10_000
/** How busy a core may be kept, so that peaks and restarts find room. */
const BUSY_SHARE = 0.7

/** Sign-ins of Walletgate that were measured on Redis. */
export function ourRows({
  signInRows,
}: SignInResults): readonly (SignInRow & { redis: { cpu: number; bytes: number } })[] {
  return signInRows.flatMap((row) =>
    row.server === 'walletgate' && row.redis !== null ? [{ ...row, redis: row.redis }] : [],
  )
}

/** What so many sign-ins a second need: cores and network, by kind. */
export function needsTable(results: SignInResults): string {
  const cores = (microseconds: number) => (PER_SECOND * microseconds) / 1_000_000 / BUSY_SHARE
  const megabits = (bytes: number) => (PER_SECOND * bytes * 8) / 1_000_000
  return formatTable(
    [
      ['sign-in', 'wallet'],
      ['gateway cores', 'Redis cores', 'Mbit/s, clients to gateways', 'Mbit/s, gateways to Redis'],
    ],
    ourRows(results).map((row) => [
      nameOf(row),
      row.wallet,
      cores(row.cpu).toFixed(1),
      cores(row.redis.cpu).toFixed(1),
      megabits(row.httpBytes),
      megabits(row.redis.bytes),
    ]),
  )
}

/** What is said around that table. */
export function needsText(stored: StoredResults | null): string {
  const text = `Computed from the costs above, with no core busier than ${BUSY_SHARE * 100} %. One Redis serves commands with one core: where more are needed, it is a cluster of as many primaries, at the costs of a cluster.`
  if (stored === null) return text
  const gigabytes = (bytes: number) => Number((bytes / 1e9).toPrecision(2))
  const anHour = PER_SECOND * 3600
  return [
    text,
    `Memory of Redis: ${gigabytes(stored.bytesPerUser * 1e6)} GB for a million users with a wallet each, ${gigabytes(stored.bytesPerSession * 1e6)} GB for a million sessions. An hour at that rate opens ${grouped(anHour)} sessions: ${gigabytes(anHour * stored.bytesPerSession)} GB, until they are logged out, or else until a day after their end.`,
  ].join('\n\n')
}

/** What one Redis lets so many gateway cores do: straight up to where Redis is the limit, then level. */
export function carriedBy(
  cores: number,
  { cpu, redis }: { readonly cpu: number; readonly redis: { readonly cpu: number } },
): number {
  return Math.min((cores * 1_000_000) / cpu, 1_000_000 / redis.cpu)
}

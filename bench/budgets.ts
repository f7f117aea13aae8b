import type { SignInResults, SignInRow } from './sign-in-results.ts'

/** A budget of the design, and whether it was kept. */
export interface Budget {
  readonly what: string
  readonly limit: number
  readonly measured: number
  readonly unit: string
  readonly isKept: boolean
}

/** CPU above the floor that a sign-in may take, as a factor. */
const FLOOR_FACTOR = 1.5
/** How many times the textbook stack's cost may not be undercut less than. */
const TEXTBOOK_FACTOR = { ethereum: 5, solana: 20 } as const
const START_MS = 500
const IDLE_MEGABYTES = 120

/** What a sign-in of this kind may cost: 1.5 floors, and what its token's signature costs above an HMAC. Null without a floor. */
export function limitOf(row: SignInRow, { signInRows, tokenSignatures }: SignInResults): number | null {
  const floor = signInRows.find(
    ({ server, store, chain }) => server === 'floor' && store === row.store && chain === row.chain,
  )
  if (floor === undefined) return null
  return FLOOR_FACTOR * floor.cpu + tokenSignatures[row.algorithm] - tokenSignatures.HS256
}

/** The same sign-in of the textbook stack; null where it has none. */
export function textbookOf(row: SignInRow, { signInRows }: SignInResults): SignInRow | null {
  const isSame = ({ server, store, chain, dialect }: SignInRow) =>
    server === 'textbook' && store === row.store && chain === row.chain && dialect === row.dialect
  return signInRows.find(isSame) ?? null
}

/** Every budget that this run can judge: returning wallets on Redis, starts, memory. */
export function judgeBudgets(results: SignInResults): readonly Budget[] {
  const ours = results.signInRows.filter(
    ({ server, store, wallet }) => server === 'walletgate' && store === 'redis' && wallet === 'returning',
  )
  const started = results.starts.find(({ server, store }) => server === 'walletgate' && store === 'redis')
  return [
    ...ours.flatMap((row) => {
      const limit = limitOf(row, results)
      const what = `${nameOf(row)}: at most 1.5 × the floor and the token's signature`
      return limit === null ? [] : [{ what, limit, measured: row.cpu, unit: 'CPU µs', isKept: row.cpu <= limit }]
    }),
    ...ours.flatMap((row) => {
      const textbook = textbookOf(row, results)
      const limit = TEXTBOOK_FACTOR[row.chain]
      const what = `${nameOf(row)}: so many times less than the textbook stack`
      if (textbook === null) return []
      const measured = textbook.cpu / row.cpu
      return [{ what, limit, measured, unit: '×', isKept: measured >= limit }]
    }),
    ...(started === undefined
      ? []
      : [
          {
            what: 'from start to first answer',
            limit: START_MS,
            measured: started.startMs,
            unit: 'ms',
            isKept: started.startMs <= START_MS,
          },
          {
            what: 'idle memory (RSS)',
            limit: IDLE_MEGABYTES,
            measured: started.idleRssBytes / 1e6,
            unit: 'MB',
            isKept: started.idleRssBytes / 1e6 <= IDLE_MEGABYTES,
          },
        ]),
  ]
}

/** `MoonKey, Solana`. */
export function nameOf({ dialect, chain }: Pick<SignInRow, 'dialect' | 'chain'>): string {
  return `${dialect}, ${chain === 'solana' ? 'Solana' : 'Ethereum'}`
}

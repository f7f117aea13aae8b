import type { Chain, Participant, ServerName, TokenAlgorithm } from './participants.ts'
import type { RunFacts } from './results.ts'

/** How much is measured. */
export interface SignInPlan {
  readonly rounds: number
  /** In a round. */
  readonly signIns: number
  /** Sign-ins before the first round, for each participant. */
  readonly warmUp: number
  readonly concurrency: number
  /** Seconds of sign-ins that come at their own times, for latencies. */
  readonly pacedSeconds: number
  readonly starts: number
  readonly stores: readonly ('memory' | 'redis')[]
  readonly chains: readonly Chain[]
  readonly servers: readonly ServerName[]
  readonly say: (line: string) => void
}

/** What `npm run bench` keeps. */
export interface SignInResults {
  readonly run: RunFacts
  readonly rounds: number
  readonly signIns: number
  readonly concurrency: number
  /** CPU microseconds of one token signature by itself. */
  readonly tokenSignatures: Readonly<Record<TokenAlgorithm, number>>
  readonly starts: readonly StartRow[]
  readonly signInRows: readonly SignInRow[]
}

export interface StartRow {
  readonly server: Participant['server']
  readonly store: 'memory' | 'redis'
  /** From the start of the process to its first answer, milliseconds. */
  readonly startMs: number
  /** After that answer. */
  readonly idleRssBytes: number
}

export interface SignInRow {
  readonly store: 'memory' | 'redis'
  readonly server: Participant['server']
  readonly dialect: Participant['dialect']['name']
  readonly chain: Participant['chain']
  readonly wallet: Participant['wallet']
  readonly algorithm: TokenAlgorithm
  /** CPU microseconds of the server for one sign-in: the median of the rounds, the least and the most of them. */
  readonly cpu: number
  readonly cpuLeast: number
  readonly cpuMost: number
  /** Sign-ins a second with `concurrency` at a time, and the share of the server's core that they took. */
  readonly perSecond: number
  readonly coreShare: number
  /** Both answers of a sign-in together, milliseconds, while half as many come as the server can do. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number }
  readonly rssBytes: number
  /** CPU microseconds and bytes on the wire of Redis for one sign-in; null without Redis. */
  readonly redis: { readonly cpu: number; readonly bytes: number; readonly commands: number } | null
  /** Bytes between client and server for one sign-in, HTTP heads included. */
  readonly httpBytes: number
}

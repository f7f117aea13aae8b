import type { RunFacts } from '../results.ts'

/** What one sign-in took of each side, CPU microseconds. */
export interface Costs {
  readonly gateway: number
  readonly redis: number
}

/** `npm run bench:scale -- --part processes`. */
export interface ProcessesResults {
  readonly run: RunFacts
  readonly signIn: string
  readonly rounds: number
  readonly signIns: number
  readonly rows: readonly (Costs & { readonly kind: 'workers' | 'replicas'; readonly count: number })[]
}

/** `npm run bench:scale -- --part cluster`. */
export interface ClusterResults {
  readonly run: RunFacts
  readonly rounds: number
  readonly signIns: number
  readonly rows: readonly {
    readonly signIn: string
    readonly wallet: 'returning' | 'first'
    readonly single: Costs
    readonly cluster: Costs
  }[]
  /** What each primary had to do and keep in the whole run. */
  readonly nodes: readonly { readonly commands: number; readonly keys: number; readonly cpuMicroseconds: number }[]
  readonly crossSlotErrors: number
}

/** `npm run bench:scale -- --part stored`. */
export interface StoredResults {
  readonly run: RunFacts
  readonly rounds: number
  readonly calls: number
  readonly rows: readonly {
    /** Users, each with a wallet and a session, before the first call. */
    readonly stored: number
    readonly costs: readonly (Costs & { readonly act: string })[]
  }[]
  /** Bytes of Redis, keys included, from the largest number stored. */
  readonly bytesPerUser: number
  readonly bytesPerSession: number
}

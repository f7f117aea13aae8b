/** A mail that waits. What it says is sealed. */
export interface OutboxEntry {
  readonly id: string
  readonly sealed: string
  /** From then on nobody wants it. */
  readonly expiresAt: Date
}

/** A mail one worker has for now. */
export interface ClaimedEntry extends OutboxEntry {
  /** How often it was claimed, this time included. It also tells this claim from a later one. */
  readonly attempt: number
}

/** How many mails one recipient may be sent, counted from the first mail of a window. */
interface MailAllowance {
  /** A name for the recipient that says nothing about them. */
  readonly recipient: string
  readonly limit: number
  readonly windowMs: number
}

interface Claim {
  /** Null: nothing is due. */
  readonly entry: ClaimedEntry | null
  /** How many expired mails this step removed. Each is reported to one caller. */
  readonly expired: number
}

/**
 * `flooded`: the recipient has had its allowance. `full`: too many mails wait already. Neither leaves a trace.
 */
export type Enqueued = 'queued' | 'flooded' | 'full'

/** Where a queue ends: when mails come in faster than they can be sent, memory is not what gives way. */
export const OUTBOX_CAPACITY = 10_000
/** The most expired mails one claim removes. */
export const MAX_EXPIRED_PER_CLAIM = 100

/**
 * Mails on their way out, shared by every replica. Each method is one atomic step, and a store that cannot answer throws
 * AuthError('store_unavailable'). An expired mail is never claimed.
 */
export interface OutboxStore {
  /** Counts the mail against its recipient's allowance and queues it, due at once. The same id again changes nothing. */
  enqueue(entry: OutboxEntry, allowance: MailAllowance, now: Date): Promise<Enqueued>
  /** Gives the mail that has been due longest to this caller alone, until the lease ends or it is postponed. */
  claim(now: Date, leaseMs: number): Promise<Claim>
  /** Forgets a mail that needs no further attempt. True for the one caller that did. */
  complete(id: string): Promise<boolean>
  /** Ends the claim; the mail is due again at that time. False when the claim is not this caller's any more. */
  postpone(claimed: Pick<ClaimedEntry, 'id' | 'attempt'>, nextAttemptAt: Date): Promise<boolean>
  /** How many wait or are being sent. */
  count(): Promise<number>
}

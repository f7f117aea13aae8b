import type { ChallengePurpose } from '../challenges/challenge.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { Stores } from '../stores/stores.ts'
import { issuePasskeyChallenge } from './passkey-challenge.ts'

export interface PasskeyLoginRequest {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  /**
   * Who may sign in: whoever has a passkey, one user, or, where an account was named that nobody has, nobody. The last two look
   * alike to whoever tries with a passkey of their own.
   */
  readonly account: 'any' | 'unknown' | { readonly userId: string }
  /** Null: the host of the page that asks. */
  readonly rpId: string | null
  readonly ttlSeconds: number
}

/** WebAuthn §5.5, in JSON. Never a list of credentials: it would say who has an account, and with which devices. */
export interface PasskeyRequestOptions {
  readonly challenge: string
  /** Milliseconds. */
  readonly timeout: number
  readonly rpId?: string
  readonly userVerification: 'preferred'
}

/** No user has this id. */
const NOBODY = ''

/** What a browser needs to sign in with a passkey. The same for every account. @throws {AuthError} `store_unavailable` */
export async function beginPasskeyLogin(
  {
    stores,
    clock,
    random,
  }: { readonly stores: Pick<Stores, 'challenges'>; readonly clock: Clock; readonly random: RandomSource },
  { projectId, purpose, account, rpId, ttlSeconds }: PasskeyLoginRequest,
): Promise<PasskeyRequestOptions> {
  const context = account === 'any' ? {} : { userId: account === 'unknown' ? NOBODY : account.userId }
  const request = { projectId, purpose, userId: null, ttlSeconds, context }
  const challenge = await issuePasskeyChallenge({ stores, random }, request, clock.now())
  return { challenge, timeout: ttlSeconds * 1000, ...(rpId !== null && { rpId }), userVerification: 'preferred' }
}

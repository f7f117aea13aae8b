import type { z } from '@hono/zod-openapi'
import { FailureError } from '../shared/failure.ts'
import type { VerifyLoginRequest } from './schemas.ts'

/** What somebody shows to sign in: one thing (WalletKit digest §5.14). */
export type LoginMethod =
  | { readonly kind: 'message'; readonly text: string; readonly signature: string; readonly userId: string | null }
  | { readonly kind: 'code'; readonly userId: string; readonly code: string }
  | { readonly kind: 'challenge'; readonly code: string }
  | { readonly kind: 'passkey'; readonly response: unknown }

const EXPECTED =
  'expected exactly one of user_id with verification_code; siwe_message with signature (user_id allowed); ' +
  'session_challenge_code; passkey_credential_assertion_response'

/** The one method of this body. Nulls and empty texts count as absent. @throws {FailureError} `malformed` for none, two, or half of one */
export function requireLoginMethod(body: z.output<typeof VerifyLoginRequest>): LoginMethod {
  const userId = body.user_id || null
  const code = body.verification_code || null
  const text = body.siwe_message || null
  const signature = body.signature || null
  const challengeCode = body.session_challenge_code || null
  const response = body.passkey_credential_assertion_response ?? null

  const shown = [code !== null, text !== null || signature !== null, challengeCode !== null, response !== null]
  if (shown.filter((isShown) => isShown).length === 1) {
    if (code !== null && userId !== null) return { kind: 'code', userId, code }
    if (text !== null && signature !== null) return { kind: 'message', text, signature, userId }
    if (challengeCode !== null && userId === null) return { kind: 'challenge', code: challengeCode }
    if (response !== null && userId === null) return { kind: 'passkey', response }
  }
  throw new FailureError({ kind: 'malformed', detail: EXPECTED })
}

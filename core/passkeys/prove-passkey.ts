import type { Challenge, ChallengePurpose } from '../challenges/challenge.ts'
import type { Passkey } from '../identities/identity.ts'
import type { Stores } from '../stores/stores.ts'
import { parseAssertion } from './authenticator-response.ts'
import { requirePasskeyChallenge } from './passkey-challenge.ts'
import { refusePasskey } from './passkey-refusals.ts'
import { bindClientData, type RelyingPartyTerms } from './relying-party.ts'
import { userHandleOf } from './user-handle.ts'
import { verifyAssertion } from './verify-assertion.ts'

export interface PasskeyProof extends RelyingPartyTerms {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  /** What the client sent, as it is. It names the challenge and the passkey, and thereby its user. */
  readonly response: unknown
}

/** A passkey that has signed, and the challenge that it has not yet spent. */
export interface ProvedPasskey {
  readonly passkey: Passkey
  /** As its authenticator signed it, not yet compared. */
  readonly signCount: number
  readonly challenge: Challenge
}

/**
 * Parse, bind, verify. Who signs in is the owner of the passkey; who the client says it is must be the same. Spends nothing.
 *
 * @throws {AuthError} `passkey_unusable`, `store_unavailable`
 */
export async function provePasskey(
  { stores }: { readonly stores: Pick<Stores, 'challenges' | 'identities'> },
  { projectId, purpose, response, rpId, acceptsOrigin }: PasskeyProof,
  now: Date,
): Promise<ProvedPasskey> {
  const assertion = parseAssertion(response)
  const party = bindClientData(assertion.clientData, 'webauthn.get', { rpId, acceptsOrigin })
  const [challenge, passkey] = await Promise.all([
    requirePasskeyChallenge(stores, { projectId, purpose, userId: null }, assertion.clientData.challenge, now),
    stores.identities.findPasskey(projectId, assertion.credentialId),
  ])
  if (passkey === null) refusePasskey('passkey_unknown')
  const expectedUserId = challenge.context['userId']
  if (expectedUserId !== undefined && expectedUserId !== passkey.userId) refusePasskey('user_mismatch')
  // §7.2 step 6. Where it is left out the credential id alone says whose it is, and the signature that it is.
  if (assertion.userHandle !== null && !assertion.userHandle.equals(userHandleOf(passkey.userId))) {
    refusePasskey('user_handle_mismatch')
  }
  if (passkey.rpId !== party.rpId) refusePasskey('rp_id_mismatch')
  return { passkey, challenge, signCount: await verifyAssertion(assertion, passkey, challenge.nonce, party) }
}

import type { Audited } from '../audit/audit-trail.ts'
import type { ChallengePurpose } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import { draftPasskey } from '../identities/draft.ts'
import type { Passkey } from '../identities/identity.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { Stores } from '../stores/stores.ts'
import { parseAttestation } from './authenticator-response.ts'
import { requireRoom } from './limit-passkeys.ts'
import { requirePasskeyChallenge } from './passkey-challenge.ts'
import { refusePasskey } from './passkey-refusals.ts'
import { bindClientData, type RelyingPartyTerms } from './relying-party.ts'
import { type MadePasskey, verifyAttestation } from './verify-attestation.ts'

export interface PasskeyRegistrationProof extends RelyingPartyTerms {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  /** Who began. A challenge that was issued to somebody else is unknown. */
  readonly userId: string
  /** What the client sent, as it is. */
  readonly response: unknown
}

/**
 * The passkey that was made, now this user's, who is active from now on. A challenge registers one passkey at most. The same
 * passkey once more, with a challenge of its own, changes nothing.
 *
 * @throws {AuthError} `passkey_unusable`, `user_unknown`, `store_unavailable`
 */
export async function finishPasskeyRegistration(
  {
    stores,
    clock,
    random,
    audit,
  }: {
    readonly stores: Pick<Stores, 'challenges' | 'identities'>
    readonly clock: Clock
    readonly random: RandomSource
  } & Audited,
  { projectId, purpose, userId, response, rpId, acceptsOrigin }: PasskeyRegistrationProof,
): Promise<Passkey> {
  const { identities } = stores
  const now = clock.now()
  const attestation = parseAttestation(response)
  const party = bindClientData(attestation.clientData, 'webauthn.create', { rpId, acceptsOrigin })
  const [challenge, user, known, credentials] = await Promise.all([
    requirePasskeyChallenge(stores, { projectId, purpose, userId }, attestation.clientData.challenge, now),
    identities.findUser(projectId, userId),
    identities.findPasskey(projectId, attestation.credentialId),
    identities.listCredentials(projectId, userId),
  ])
  if (user === null) throw new AuthError('user_unknown')
  const made = await verifyAttestation(attestation, challenge.nonce, party)
  // What can be refused is refused before anything is spent.
  if (known === null) requireRoom(credentials, 1)
  else requireSame(known, userId, made)

  // Before the claim: of two passkeys made for one challenge the later must leave nothing behind, and could not tell whether what it
  // found there was the earlier's. A store that fails in between costs the user one more gesture.
  if (!(await stores.challenges.consume(challenge))) refusePasskey('nonce_spent')
  const passkey = draftPasskey(user, made, now, random)
  const claimed = await identities.claimFor(passkey, user)
  if (claimed === null) throw new AuthError('user_unknown')
  requireSame(claimed, userId, made)
  if (claimed.id === passkey.id) {
    await requireRoomFor(identities, claimed)
    audit?.record({ event: 'passkey.registered', projectId, userId, credentialId: claimed.id })
  }
  return claimed
}

/** An id belongs to one user, with one key: whoever shows it with another has made it up. */
function requireSame(found: Passkey, userId: string, { publicKey, rpId }: MadePasskey): void {
  if (found.userId !== userId || found.publicKey !== publicKey || found.rpId !== rpId) refusePasskey('passkey_taken')
}

/** Others may have been registered meanwhile: then this one goes. There are never more than may be. */
async function requireRoomFor(identities: Stores['identities'], passkey: Passkey): Promise<void> {
  try {
    requireRoom(await identities.listCredentials(passkey.projectId, passkey.userId), 0)
  } catch (error) {
    if (error instanceof AuthError && error.reason === 'too_many_passkeys') await identities.release(passkey)
    throw error
  }
}

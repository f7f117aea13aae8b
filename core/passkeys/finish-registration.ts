import type { Audited } from '../audit/audit-trail.ts'
import type { ChallengePurpose } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import { draftPasskey } from '../identities/draft.ts'
import type { Passkey } from '../identities/identity.ts'
import { releaseCredential } from '../identities/release-credential.ts'
import type { Clock, RandomSource } from '../ports.ts'
import { requireOpener } from '../sessions/require-opener.ts'
import type { Session } from '../sessions/session.ts'
import type { Stores } from '../stores/stores.ts'
import { parseAttestation } from './authenticator-response.ts'
import { requireRoom } from './limit-passkeys.ts'
import { requirePasskeyChallenge } from './passkey-challenge.ts'
import { refusePasskey } from './passkey-refusals.ts'
import { bindClientData, type RelyingPartyTerms } from './relying-party.ts'
import { type MadePasskey, verifyAttestation } from './verify-attestation.ts'

export interface PasskeyRegistrationProof extends RelyingPartyTerms {
  readonly purpose: ChallengePurpose
  /** Of whoever began: a challenge that was issued to another user is unknown. What it was opened with must stay theirs until the end. */
  readonly session: Session
  /** What the client sent, as it is. */
  readonly response: unknown
}

interface RegistrationPorts extends Audited {
  readonly stores: Pick<Stores, 'challenges' | 'identities' | 'sessions'>
  readonly clock: Clock
  readonly random: RandomSource
}

/**
 * The passkey that was made, now this user's, who is active from now on. A challenge registers one passkey at most. The same
 * passkey once more, with a challenge of its own, changes nothing. A session that ends meanwhile registers none.
 *
 * @throws {AuthError} `passkey_unusable`, `user_unknown`, `session_unusable`, `wallet_inactive`, `store_unavailable`
 */
export async function finishPasskeyRegistration(
  ports: RegistrationPorts,
  { purpose, session, response, rpId, acceptsOrigin }: PasskeyRegistrationProof,
): Promise<Passkey> {
  const { stores, clock, random, audit } = ports
  const { identities } = stores
  const { projectId, userId } = session
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
    audit?.record({ event: 'passkey.registered', projectId, userId, credentialId: claimed.id })
    try {
      await requireStanding(ports, session)
    } catch (error) {
      await withdraw(ports, claimed)
      throw error
    }
  }
  return claimed
}

/** An id belongs to one user, with one key: whoever shows it with another has made it up. */
function requireSame(found: Passkey, userId: string, { publicKey, rpId }: MadePasskey): void {
  if (found.userId !== userId || found.publicKey !== publicKey || found.rpId !== rpId) refusePasskey('passkey_taken')
}

/**
 * What has happened meanwhile. Others may have been registered: there are never more than may be. And whoever shuts a thief out ends the session
 * and takes its opener away, and then looks for no new passkeys: either they saw this one, or we see that.
 */
async function requireStanding(
  { stores, clock }: RegistrationPorts,
  { projectId, userId, id }: Session,
): Promise<void> {
  const { identities, sessions } = stores
  const session = await sessions.find(projectId, id, clock.now())
  if (session === null) throw new AuthError('session_unusable', 'session_not_live')
  await requireOpener(session, identities, 'session_unusable')
  requireRoom(await identities.listCredentials(projectId, userId), 0)
}

/** With the sessions it may have opened already. */
async function withdraw({ stores, clock, audit }: RegistrationPorts, passkey: Passkey): Promise<void> {
  try {
    await releaseCredential({ ...stores, clock, audit }, passkey)
  } catch (error) {
    if (!(error instanceof AuthError && error.code === 'credential_unknown')) throw error
  }
}

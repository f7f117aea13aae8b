import { type ChallengePurpose, isUsable } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import type { EmailOwner } from '../identities/claim-email.ts'
import { newDigits, newHex } from '../ids.ts'
import { signInCodeMail } from '../mail/templates.ts'
import type { Stores } from '../stores/stores.ts'
import { type CodeHashes, isCode } from './code-hashes.ts'
import { lifeOf, type MailedChallenge, type MailPorts, postMail, resolveRecipient } from './mailed-challenge.ts'
import { type ProvedContact, requireContact } from './proved-contact.ts'

export interface EmailCodeRequest extends MailedChallenge {
  /** What the client will show beside the code: the contact's id, or its user's. One code at a time for each. */
  readonly subject: 'contact' | 'user'
  readonly ttlMinutes: number
}

/** A code somebody shows. */
export interface EmailCodeProof {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  /** The id of the contact or the user, as the request said. */
  readonly subject: string
  readonly code: string
}

const CODE_LENGTH = 6
/** How often a code may be guessed at. */
const MAX_ATTEMPTS = 5

/**
 * Mails a code of six digits, which replaces the subject's earlier one. The mail is queued first: when the address has had its
 * allowance, the code that was sent before stays good.
 *
 * @throws {AuthError} `address_malformed`, `mail_unavailable`, `user_unknown`, `rate_limited`, `store_unavailable`
 */
export async function sendEmailCode(
  ports: MailPorts & { readonly codeHashes: CodeHashes },
  { recipient, purpose, projectName, subject: subjectKind, ttlMinutes }: EmailCodeRequest,
): Promise<EmailOwner> {
  const now = ports.clock.now()
  const { owner, address } = await resolveRecipient(ports, recipient, now)
  const { projectId } = recipient
  const subject = subjectKind === 'contact' ? owner.contact.id : owner.user.id
  const code = newDigits(CODE_LENGTH, ports.random)
  const nonce = newHex(16, ports.random)
  const { usableUntil, expiresAt } = lifeOf(now, ttlMinutes)
  const mail = signInCodeMail({ to: address, projectName, code, validMinutes: ttlMinutes })
  await postMail(ports, { projectId, mail, expiresAt: usableUntil })
  await ports.stores.challenges.issue({
    projectId,
    purpose,
    subject,
    handle: '',
    nonce,
    issuedAt: now,
    expiresAt,
    context: {
      contactId: owner.contact.id,
      code: ports.codeHashes.hash([projectId, purpose, subject, owner.contact.id, nonce], code),
      usableUntil: String(usableUntil.getTime()),
    },
  })
  return owner
}

/**
 * Compares a code with the one that was sent. Each comparison is counted before it is made; a text that can be no code costs
 * nothing. Spends nothing else.
 *
 * @throws {AuthError} `code_unusable` when it is wrong, unknown, spent, replaced or guessed at too often, `code_expired`,
 * `store_unavailable`
 */
export async function proveByEmailCode(
  {
    stores,
    codeHashes,
  }: { readonly stores: Pick<Stores, 'challenges' | 'identities'>; readonly codeHashes: CodeHashes },
  { projectId, purpose, subject, code }: EmailCodeProof,
  now: Date,
): Promise<ProvedContact> {
  if (!isCode(code)) throw new AuthError('code_unusable', 'code_malformed')
  const challenge = await stores.challenges.attempt({ projectId, purpose, subject, handle: '' }, MAX_ATTEMPTS, now)
  if (challenge === null) throw new AuthError('code_unusable', 'code_unknown')
  if (!isUsable(challenge, now)) throw new AuthError('code_expired')
  const { contactId = '', code: hash = '' } = challenge.context
  const binding = [projectId, purpose, subject, contactId, challenge.nonce]
  if (!codeHashes.matches(binding, code, hash)) throw new AuthError('code_unusable', 'code_wrong')
  const contact = await requireContact(stores.identities, projectId, contactId, 'code_unusable')
  return { contact, challenge, spent: 'code_unusable' }
}

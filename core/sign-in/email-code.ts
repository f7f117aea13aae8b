import { type ChallengePurpose, isUsable } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import type { Contact } from '../identities/identity.ts'
import { newDigits, newHex } from '../ids.ts'
import { signInCodeMail } from '../mail/templates.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { Stores } from '../stores/stores.ts'
import type { CodeHashes } from './code-hashes.ts'
import { isCode } from './code-hashes.ts'
import { keptUntil } from './email-challenge.ts'
import { type MailPorts, postMail, requireEmail } from './post-mail.ts'
import { type ProvedContact, requireContact } from './proved-contact.ts'

/** Where a code is looked up. */
export interface EmailCodeName {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  /** What the client shows beside the code: the contact's id, or its user's. One code at a time. */
  readonly subject: string
}

export interface EmailCodeRequest extends EmailCodeName {
  readonly contact: Contact
  /** For the mail. */
  readonly projectName: string
  readonly ttlMinutes: number
}

interface CodePorts {
  readonly stores: Pick<Stores, 'challenges' | 'identities'>
  readonly codeHashes: CodeHashes
}

const CODE_LENGTH = 6
/** How often a code may be guessed at: one in 200 000 guesses right. */
export const MAX_CODE_ATTEMPTS = 5

/**
 * Mails a code of six digits, which replaces the subject's earlier one. The mail is queued first: when the address has had its
 * allowance, the code that was sent before stays good.
 *
 * @throws {AuthError} `mail_unavailable`, `rate_limited`, `store_unavailable`
 */
export async function sendEmailCode(
  ports: CodePorts & MailPorts & { readonly clock: Clock; readonly random: RandomSource },
  { projectId, purpose, subject, contact, projectName, ttlMinutes }: EmailCodeRequest,
): Promise<void> {
  const now = ports.clock.now()
  const code = newDigits(CODE_LENGTH, ports.random)
  const usableUntil = new Date(now.getTime() + ttlMinutes * 60_000)
  const mail = signInCodeMail({ to: requireEmail(contact), projectName, code, validMinutes: ttlMinutes })
  await postMail(ports, { projectId, mail, expiresAt: usableUntil })
  const nonce = newHex(16, ports.random)
  await ports.stores.challenges.issue({
    projectId,
    purpose,
    subject,
    handle: '',
    nonce,
    issuedAt: now,
    expiresAt: keptUntil(now, usableUntil),
    context: {
      contactId: contact.id,
      code: ports.codeHashes.hash([projectId, purpose, subject, contact.id, nonce], code),
      usableUntil: String(usableUntil.getTime()),
    },
  })
}

/**
 * Compares a code with the one that was sent. Each comparison is counted before it is made; a code that can be none costs nothing.
 * Spends nothing else.
 *
 * @throws {AuthError} `code_unusable` when it is wrong, unknown, spent, replaced or guessed at too often, `code_expired`,
 * `store_unavailable`
 */
export async function proveByEmailCode(
  { stores, codeHashes }: CodePorts,
  { projectId, purpose, subject, code }: EmailCodeName & { readonly code: string },
  now: Date,
): Promise<ProvedContact> {
  if (!isCode(code)) throw new AuthError('code_unusable', 'code_malformed')
  const challenge = await stores.challenges.attempt({ projectId, purpose, subject, handle: '' }, MAX_CODE_ATTEMPTS, now)
  if (challenge === null) throw new AuthError('code_unusable', 'code_unknown')
  if (!isUsable(challenge, now)) throw new AuthError('code_expired')
  const { contactId = '', code: hash = '' } = challenge.context
  const binding = [projectId, purpose, subject, contactId, challenge.nonce]
  if (!codeHashes.matches(binding, code, hash)) throw new AuthError('code_unusable', 'code_wrong')
  const contact = await requireContact(stores.identities, projectId, contactId, 'code_unusable')
  return { contact, challenge, spent: 'code_unusable' }
}

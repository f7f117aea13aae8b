import type { Chains } from '../../core/chains/chains.ts'
import type { WalletAccess } from '../../core/identities/identity.ts'
import type { ImportedCredential } from '../../core/identities/imported-user.ts'
import { parseAccountText } from '../../core/identities/parse-account-text.ts'
import { parseContact } from '../../core/identities/parse-contact.ts'
import { Fields } from './fields.ts'
import type { RowFault } from './row.ts'

export interface RowContext {
  readonly chains: Chains
  readonly now: Date
  /** When the user began: credentials without a time of their own began then. */
  readonly createdAt: Date
  readonly faults: RowFault[]
}

interface Item {
  readonly value: unknown
  readonly place: string
}

const COMMON = ['id', 'createdAt', 'verified', 'verifiedAt']
const CREDENTIAL_ID = /^[\x21-\x7e]{1,128}$/
const WORD = /^[\w:.-]{1,64}$/
const BASE64URL = /^[\w-]+$/
const TRANSPORT = /^[a-z][a-z-]{0,31}$/
const HOST = /^(?=.{1,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)*$/
const MAX_SCOPES = 64
const MAX_TRANSPORTS = 8
// Base64url characters: WebAuthn §4 bounds credential ids to 1023 bytes; an RSA key of 4096 bits has about 530.
const CREDENTIAL_ID_LENGTH = { least: 22, most: 1364 }
const PUBLIC_KEY_LENGTH = { least: 56, most: 1024 }
const MAX_SIGN_COUNT = 0xffff_ffff

/** A wallet: an address, or an object with one. Proved unless it says otherwise: a wallet gets to a vendor by a signature. */
export function parseWallet(context: RowContext, { value, place }: Item): ImportedCredential | null {
  const fields = open(context, value, place, 'address', ['address', 'chain', 'access', ...COMMON])
  const chain = fields.text('chain', asIs, 'a chain', 'Write eip155:8453, for contract accounts only')
  const parse = (text: string) => parseAccountText(context.chains, text, chain)
  const remedy =
    'Write an Ethereum address (0x and 40 hex digits, mixed case only as in EIP-55), a Solana address, or CAIP-10; chain is for Ethereum contract accounts'
  const account = fields.requireText('address', parse, 'an address', remedy)
  const access = parseAccess(context, fields)
  if (account === null) return null
  return { kind: 'wallet', account, access, ...parseCommon(context, fields, true) }
}

/** A contact: its text, or an object with it. Not proved unless it says so. */
export function parseContactItem(
  context: RowContext,
  kind: 'email' | 'phone',
  { value, place }: Item,
): ImportedCredential | null {
  const name = kind === 'email' ? 'address' : 'number'
  const fields = open(context, value, place, name, [name, ...COMMON])
  const expected = kind === 'email' ? 'a mail address' : 'a phone number'
  const remedy = kind === 'email' ? 'Write a plain ASCII address, ada@example.com' : 'Write E.164: + and 7 to 15 digits'
  const text = fields.requireText(name, (each) => contactOf(kind, each), expected, remedy)
  return text === null ? null : { kind, value: text, ...parseCommon(context, fields, false) }
}

/** A passkey: public, so it can move. It works for the domain it was made for. */
export function parsePasskey(context: RowContext, { value, place }: Item): ImportedCredential | null {
  const own = ['credentialId', 'publicKey', 'signCount', 'transports', 'rpId', 'isBackedUp']
  const fields = open(context, value, place, null, [...own, ...COMMON])
  const bytes = ({ least, most }: { least: number; most: number }) => {
    return (text: string) => (text.length >= least && text.length <= most && isBase64Url(text) ? text : null)
  }
  const remedy = 'Write base64url without padding'
  const credentialId = fields.requireText('credentialId', bytes(CREDENTIAL_ID_LENGTH), 'a credential id', remedy)
  const publicKey = fields.requireText('publicKey', bytes(PUBLIC_KEY_LENGTH), 'a COSE key', remedy)
  const rpId = fields.requireText(
    'rpId',
    matching(HOST),
    'a domain',
    'Write the domain it was made for, app.example.com',
  )
  const signCount = fields.count('signCount', MAX_SIGN_COUNT) ?? 0
  const transports = fields.list('transports', MAX_TRANSPORTS).flatMap(({ value: word, place: at }) => {
    if (typeof word === 'string' && TRANSPORT.test(word)) return word
    context.faults.push({ field: at, problem: 'is not a transport', remedy: 'Write usb, nfc, ble, internal or hybrid' })
    return []
  })
  const isBackedUp = fields.flag('isBackedUp') ?? false
  if (credentialId === null || publicKey === null || rpId === null) return null
  const common = parseCommon(context, fields, true)
  return { kind: 'passkey', credentialId, publicKey, signCount, transports, rpId, isBackedUp, ...common }
}

function open(
  context: RowContext,
  value: unknown,
  place: string,
  plain: string | null,
  names: readonly string[],
): Fields {
  const object = typeof value === 'string' && plain !== null ? { [plain]: value } : value
  return Fields.open(object, place, names, context.faults)
}

function parseCommon({ now, createdAt: userCreatedAt }: RowContext, fields: Fields, isProvedByDefault: boolean) {
  const id = fields.text('id', matching(CREDENTIAL_ID), 'an id', 'Write up to 128 printable ASCII characters')
  const createdAt = fields.pastTime('createdAt', now) ?? userCreatedAt
  const isProved = fields.flag('verified')
  const provedAt = fields.pastTime('verifiedAt', now)
  if (isProved !== null && fields.value('verifiedAt') !== undefined) {
    fields.refuse('verified', 'stands beside verifiedAt', 'Write one of them')
  }
  // An explicit null says no.
  const isDefault = fields.value('verifiedAt') === undefined && (isProved ?? isProvedByDefault)
  return { id, createdAt, verifiedAt: provedAt ?? (isDefault ? createdAt : null) }
}

/** All three or nothing: a status that was left out must not let a wallet in. */
function parseAccess(context: RowContext, wallet: Fields): WalletAccess | null {
  if (!wallet.has('access')) return null
  const names = ['role', 'scopes', 'status']
  const fields = Fields.open(wallet.value('access'), wallet.placeOf('access'), names, context.faults)
  const role = fields.requireText('role', matching(WORD), 'a role', 'Write user, admin or facilitator')
  // Blank and unknown words refuse the wallet (4mica digest §3.2), so they are kept.
  const status = fields.requireText(
    'status',
    (text) => (text.length <= 64 ? text : null),
    'a status',
    'Write active, suspended or revoked',
  )
  if (!fields.has('scopes')) fields.refuse('scopes', 'is missing', 'Write a list of words, [] for none')
  const scopes = fields.list('scopes', MAX_SCOPES).flatMap(({ value, place }) => {
    if (typeof value === 'string' && WORD.test(value)) return value
    const remedy = 'Write words of letters, digits and : . - _'
    context.faults.push({ field: place, problem: 'is not a scope', remedy })
    return []
  })
  return role === null || status === null ? null : { role, scopes, status }
}

function contactOf(kind: 'email' | 'phone', text: string): string | null {
  try {
    return parseContact(kind, text).value
  } catch {
    return null
  }
}

function isBase64Url(text: string): boolean {
  return BASE64URL.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text
}

function asIs(text: string): string | null {
  return text.length <= 64 ? text : null
}

/** The text itself when it matches. */
export function matching(pattern: RegExp): (text: string) => string | null {
  return (text) => (pattern.test(text) ? text : null)
}

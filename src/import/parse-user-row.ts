import type { Chains } from '../../core/chains/chains.ts'
import { keyOf } from '../../core/identities/credential-key.ts'
import type { ImportedCredential, ImportedSession, ImportedUser } from '../../core/identities/imported-user.ts'
import { judgeMetadata, MAX_METADATA_BYTES, MAX_METADATA_LEVELS } from '../../core/identities/metadata.ts'
import { parseAccountText } from '../../core/identities/parse-account-text.ts'
import { Fields, isObject } from './fields.ts'
import { matching, parseContactItem, parsePasskey, parseWallet, type RowContext } from './parse-credentials.ts'
import type { RowFault } from './row.ts'

/** A row that can be imported, and where in it its credentials stand. */
export interface UserRow {
  readonly user: ImportedUser
  /** For each of the user's credentials, such as `wallets[1]`. */
  readonly places: readonly string[]
}

const FIELDS = [
  'id',
  'status',
  'createdAt',
  'updatedAt',
  'name',
  'metadata',
  'wallets',
  'emails',
  'phones',
  'passkeys',
  'sessions',
]
/** Any vendor's: UUIDs, prefixes and KSUIDs, `auth0|…`. It travels in paths, JWTs and logs, so no spaces and no control characters. */
const USER_ID = /^[\x21-\x7e]{1,128}$/
const MAX_NAME_LENGTH = 256
const MAX_CREDENTIALS = 1_000
const MAX_SESSIONS = 1_000
const MAX_SESSION_MS = 366 * 86_400_000

/** The user that one row describes, or everything that is wrong with it. */
export function parseUserRow(
  value: unknown,
  { chains, now }: { readonly chains: Chains; readonly now: Date },
): UserRow | { readonly faults: readonly RowFault[] } {
  const faults: RowFault[] = []
  const fields = Fields.open(value, '', FIELDS, faults)
  const id = fields.text('id', matching(USER_ID), 'an id', 'Write 1 to 128 printable ASCII characters without spaces')
  const status = fields.text('status', readStatus, 'a status', 'Write active or pending, or leave it out')
  const createdAt = fields.pastTime('createdAt', now) ?? now
  const updatedAt = fields.pastTime('updatedAt', now) ?? createdAt
  const context: RowContext = { chains, now, createdAt, faults }
  const name = parseName(fields, faults)
  const metadata = parseMetadata(fields)

  const credentials: ImportedCredential[] = []
  const places: string[] = []
  const add = (list: string, parse: (item: { value: unknown; place: string }) => ImportedCredential | null) => {
    for (const item of fields.list(list, MAX_CREDENTIALS)) {
      const credential = parse(item)
      if (credential === null) continue
      credentials.push(credential)
      places.push(item.place)
    }
  }
  add('wallets', (item) => parseWallet(context, item))
  add('emails', (item) => parseContactItem(context, 'email', item))
  add('phones', (item) => parseContactItem(context, 'phone', item))
  add('passkeys', (item) => parsePasskey(context, item))
  refuseRepeats(credentials, places, faults)
  const sessions = fields
    .list('sessions', MAX_SESSIONS)
    .flatMap((item) => parseSession(context, credentials, item) ?? [])
  if (id === null && credentials.length === 0 && faults.length === 0) {
    fields.refuse('', 'has neither an id nor anything to be recognised by', 'Give the user an id, a wallet or an email')
  }
  if (faults.length > 0) return { faults }
  return {
    user: { id, status: status ?? 'pending', name, metadata, createdAt, updatedAt, credentials, sessions },
    places,
  }
}

function readStatus(text: string): ImportedUser['status'] | null {
  return text === 'active' || text === 'pending' ? text : null
}

function parseName(fields: Fields, faults: RowFault[]): ImportedUser['name'] {
  if (!fields.has('name')) return { first: '', middle: '', last: '' }
  const own = Fields.open(fields.value('name'), 'name', ['first', 'middle', 'last'], faults)
  const part = (name: string) =>
    own.text(name, (text) => (text.length <= MAX_NAME_LENGTH ? text : null), 'a name', 'Write up to 256 characters') ??
    ''
  return { first: part('first'), middle: part('middle'), last: part('last') }
}

function parseMetadata(fields: Fields): ImportedUser['metadata'] {
  if (!fields.has('metadata')) return {}
  const value = fields.value('metadata')
  const remedy = `Write a JSON object of at most ${MAX_METADATA_BYTES} bytes and ${MAX_METADATA_LEVELS} levels`
  if (!isObject(value)) {
    fields.refuse('metadata', 'is not an object', remedy)
    return {}
  }
  const verdict = judgeMetadata(value)
  if (verdict !== 'fine')
    fields.refuse('metadata', verdict === 'too_deep' ? 'is nested too deep' : 'is too large', remedy)
  return value
}

/** The same credential twice in one row. */
function refuseRepeats(
  credentials: readonly ImportedCredential[],
  places: readonly string[],
  faults: RowFault[],
): void {
  const seen = new Map<string, string>()
  for (const [index, credential] of credentials.entries()) {
    const place = places[index] ?? ''
    for (const text of [keyOf(credential), ...(credential.id === null ? [] : [`id:${credential.id}`])]) {
      const before = seen.get(text)
      if (before !== undefined) faults.push({ field: place, problem: `is ${before} again`, remedy: 'Leave one out' })
      else seen.set(text, place)
    }
  }
}

function parseSession(
  { chains, now, faults }: RowContext,
  credentials: readonly ImportedCredential[],
  { value, place }: { readonly value: unknown; readonly place: string },
): ImportedSession | null {
  const fields = Fields.open(value, place, ['refreshTokenHash', 'expiresAt', 'createdAt', 'wallet'], faults)
  const hashRemedy = 'Write the SHA-256 of the whole token, in 64 hex digits or base64url; never the token'
  const refreshTokenHash = fields.requireText('refreshTokenHash', readHash, 'a hash', hashRemedy)
  if (!fields.has('expiresAt')) fields.refuse('expiresAt', 'is missing', 'Write when the token ends')
  const expiresAt = fields.time('expiresAt', new Date(now.getTime() + MAX_SESSION_MS))
  const createdAt = fields.pastTime('createdAt', now) ?? now

  const isEthereum = (each: ImportedCredential) => each.kind === 'wallet' && each.account.namespace === 'eip155'
  let opener = credentials.findIndex(isEthereum)
  if (fields.has('wallet')) {
    const account = fields.text('wallet', (text) => parseAccountText(chains, text, null), 'an address', 'Write 0x…')
    if (account === null) return null
    opener = credentials.findIndex(
      (each) => isEthereum(each) && each.kind === 'wallet' && each.account.address === account.address,
    )
    if (opener === -1) fields.refuse('wallet', 'is none of the row’s Ethereum wallets', 'List it under wallets')
  } else if (credentials.filter(isEthereum).length !== 1) {
    fields.refuse('wallet', 'is missing', 'Say which of the row’s Ethereum wallets the token is for')
  }
  if (refreshTokenHash === null || expiresAt === null) return null
  return { refreshTokenHash, opener, createdAt, expiresAt }
}

/** A SHA-256 in one of its two spellings, as base64url. */
function readHash(text: string): string | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex').toString('base64url')
  return /^[\w-]{43}$/.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text ? text : null
}

import type { RowFault } from './row.ts'

/** What a column's text becomes in a row as NDJSON has it. */
type Put = (row: CsvRow, text: string) => void

/** A row in the making. Texts stay texts: whoever reads rows judges them. */
export interface CsvRow {
  readonly fields: Record<string, unknown>
  readonly name: Record<string, unknown>
  readonly access: Record<string, unknown>
  readonly session: Record<string, unknown>
  readonly lists: Record<'wallets' | 'emails' | 'phones', string[]>
  readonly verified: { emails?: unknown; phones?: unknown }
}

const field =
  (name: string): Put =>
  ({ fields }, text) => {
    fields[name] = text
  }
const part =
  (of: 'name' | 'access' | 'session', name: string): Put =>
  (row, text) => {
    row[of][name] = text
  }
const list =
  (name: keyof CsvRow['lists']): Put =>
  ({ lists }, text) => {
    lists[name].push(...text.split(/[\s;,|]+/).filter((each) => each !== ''))
  }

const COLUMNS: Readonly<Record<string, Put>> = {
  id: field('id'),
  created_at: field('createdAt'),
  updated_at: field('updatedAt'),
  status: field('status'),
  first_name: part('name', 'first'),
  middle_name: part('name', 'middle'),
  last_name: part('name', 'last'),
  metadata({ fields }, text) {
    fields['metadata'] = jsonOr(text)
  },
  wallets: list('wallets'),
  emails: list('emails'),
  emails_verified({ verified }, text) {
    verified.emails = flagOr(text)
  },
  phones: list('phones'),
  phones_verified({ verified }, text) {
    verified.phones = flagOr(text)
  },
  access_role: part('access', 'role'),
  access_scopes({ access }, text) {
    const scopes = text.startsWith('[') ? jsonOr(text) : text.split(/[\s;,|]+/)
    access['scopes'] = Array.isArray(scopes) ? scopes.filter((scope) => scope !== '') : scopes
  },
  access_status: part('access', 'status'),
  refresh_token_hash: part('session', 'refreshTokenHash'),
  refresh_token_expires_at: part('session', 'expiresAt'),
}

/** Other names for the same: `email`, `emailVerified`, `address`, `walletAddress`, `userId`. */
const SAME: Readonly<Record<string, string>> = {
  userid: 'id',
  wallet: 'wallets',
  address: 'wallets',
  walletaddress: 'wallets',
  email: 'emails',
  emailverified: 'emails_verified',
  phone: 'phones',
  phonenumber: 'phones',
  phoneverified: 'phones_verified',
}

const fold = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]/g, '')
const BY_FOLDED = new Map(Object.keys(COLUMNS).map((name) => [fold(name), name]))

/** Which column is which. Its name is never shown: a file without a header has somebody's data there. */
export function readHeader(header: readonly string[]): readonly string[] | RowFault {
  const names: string[] = []
  for (const [index, text] of header.entries()) {
    const folded = fold(text)
    const name = SAME[folded] ?? BY_FOLDED.get(folded)
    const column = `column ${index + 1}`
    if (name === undefined) {
      const remedy = `The first line names the columns, separated by commas; known are ${Object.keys(COLUMNS).join(', ')}`
      return { field: column, problem: 'has a name that is not known', remedy }
    }
    if (names.includes(name)) {
      return {
        field: column,
        problem: `is a second column for ${name}`,
        remedy: 'Write several values into one, separated by spaces',
      }
    }
    names.push(name)
  }
  return names
}

/** The row of one record, in the shape of NDJSON rows. Empty cells say nothing. */
export function rowOf(columns: readonly string[], record: readonly string[]): unknown {
  const row: CsvRow = {
    fields: {},
    name: {},
    access: {},
    session: {},
    lists: { wallets: [], emails: [], phones: [] },
    verified: {},
  }
  for (const [index, name] of columns.entries()) {
    const text = record[index]?.trim() ?? ''
    if (text !== '') COLUMNS[name]?.(row, text)
  }
  const { fields, name, access, session, lists, verified } = row
  const { wallets, emails, phones } = lists
  if (Object.keys(name).length > 0) fields['name'] = name
  const allowed = Object.keys(access).length > 0 ? { access } : {}
  if (wallets.length > 0) fields['wallets'] = wallets.map((address) => ({ address, ...allowed }))
  else if ('access' in allowed) fields['wallets'] = [allowed]
  if (emails.length > 0) fields['emails'] = emails.map((address) => withFlag({ address }, verified.emails))
  if (phones.length > 0) fields['phones'] = phones.map((number) => withFlag({ number }, verified.phones))
  if (Object.keys(session).length > 0) fields['sessions'] = [session]
  return fields
}

function withFlag(contact: object, verified: unknown): object {
  return verified === undefined ? contact : { ...contact, verified }
}

const FLAGS: Readonly<Record<string, boolean>> = {
  true: true,
  t: true,
  yes: true,
  y: true,
  '1': true,
  false: false,
  f: false,
  no: false,
  n: false,
  '0': false,
}

/** What is no flag stays text, which is refused where a flag is due. */
function flagOr(text: string): unknown {
  const word = text.toLowerCase()
  return Object.hasOwn(FLAGS, word) ? FLAGS[word] : text
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

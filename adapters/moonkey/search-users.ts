import type { Account, Core, Profile } from '../../core/index.ts'
import { FailureError } from '../shared/failure.ts'
import type { SearchField } from './user-schemas.ts'

export interface UserSearch {
  readonly projectId: string
  readonly limit: number
  /** The last user of the page before; null for the first page. */
  readonly after: string | null
  /** Null: every user. */
  readonly filters: { readonly operator: 'AND' | 'OR'; readonly fields: readonly FieldFilter[] } | null
}

interface FieldFilter {
  readonly field: SearchField
  readonly operator: 'eq' | 'in'
  readonly value?: string | boolean | null | undefined
  readonly values?: readonly (string | boolean)[] | null | undefined
}

export interface UserPage {
  readonly profiles: readonly Profile[]
  readonly totalCount: number
  readonly hasMore: boolean
}

type SearchCore = Pick<Core, 'users' | 'parseAccount'>

/** What is read of a user for a field, as text; and, where users are indexed by it, whose it is. */
interface Field {
  readonly read: (profile: Profile) => readonly string[]
  /** The one way to write this value. */
  readonly normalise: (value: string) => string
  readonly isPart: boolean
  readonly find: ((core: SearchCore, projectId: string, value: string) => Promise<string | null>) | null
}

/** A search without an exact field reads this many users at most: more would be one request's work for seconds. */
const MAX_SCANNED = 10_000
const BATCH = 100

const asIs = (value: string): string => value
const folded = (value: string): string => value.trim().toLowerCase()

const exact = (read: Field['read'], find: Field['find'] = null, normalise = asIs): Field => ({
  read,
  normalise,
  isPart: false,
  find,
})
const part = (read: Field['read']): Field => ({ read, normalise: folded, isPart: true, find: null })
const none = exact(() => [])

const valuesOf =
  (kind: 'email' | 'phone') =>
  ({ credentials }: Profile) =>
    credentials.flatMap((each) => (each.kind === kind ? each.value : []))
const idsOf =
  (kind: 'email' | 'phone' | 'wallet') =>
  ({ credentials }: Profile) =>
    credentials.flatMap((each) => (each.kind === kind ? each.id : []))
const verifiedOf =
  (kind: 'email' | 'phone') =>
  ({ credentials }: Profile) =>
    credentials.flatMap((each) => (each.kind === kind ? String(each.verifiedAt !== null) : []))
const byCredentialId: Field['find'] = async (core, projectId, value) =>
  (await core.users.findCredential(projectId, value))?.userId ?? null
const byContact =
  (kind: 'email' | 'phone'): Field['find'] =>
  async (core, projectId, value) =>
    (await core.users.findContact(projectId, { kind, value }))?.userId ?? null

/** Ethereum addresses are kept in lower case; Solana's know no other case. */
const canonicalAddress = (value: string): string => (value.startsWith('0x') ? value.toLowerCase() : value)

const FIELDS: Readonly<Record<SearchField, Field>> = {
  user_id: exact(
    ({ user }) => [user.id],
    async (_, __, value) => value,
  ),
  status: exact(({ user }) => [user.status]),
  full_name_match: part(({ user: { name } }) => [[name.first, name.middle, name.last].filter(Boolean).join(' ')]),
  phone_number: exact(valuesOf('phone'), byContact('phone')),
  phone_number_id: exact(idsOf('phone'), byCredentialId),
  phone_number_match: part(valuesOf('phone')),
  phone_number_verified: exact(verifiedOf('phone')),
  email: exact(valuesOf('email'), byContact('email'), folded),
  email_id: exact(idsOf('email'), byCredentialId),
  email_verified: exact(verifiedOf('email')),
  email_match: part(valuesOf('email')),
  wallet_public_address: exact(
    ({ credentials }) => credentials.flatMap((each) => (each.kind === 'wallet' ? each.account.address : [])),
    async (core, projectId, value) => {
      const account = accountOf(core, value)
      return account === null ? null : ((await core.users.findWallet(projectId, account))?.userId ?? null)
    },
    canonicalAddress,
  ),
  wallet_id: exact(idsOf('wallet'), byCredentialId),
  // Nobody has these here.
  totp_id: none,
  totp_verified: none,
  idp_provider: none,
}

/**
 * A page of the users that the filters name, in the order of their ids. Exact fields are looked up; without one, every listed
 * user is read, and an App with too many for that is refused rather than half answered.
 */
export async function searchUsers(core: SearchCore, search: UserSearch): Promise<UserPage> {
  const { projectId, limit, after, filters } = search
  if (filters === null || filters.fields.length === 0) {
    const [profiles, totalCount] = await Promise.all([
      core.users.list(projectId, after, limit + 1),
      core.users.count(projectId),
    ])
    return { profiles: profiles.slice(0, limit), totalCount, hasMore: profiles.length > limit }
  }
  const matches = await findMatches(core, projectId, filters)
  const rest = after === null ? matches : matches.filter(({ user }) => user.id > after)
  return { profiles: rest.slice(0, limit), totalCount: matches.length, hasMore: rest.length > limit }
}

async function findMatches(
  core: SearchCore,
  projectId: string,
  { operator, fields }: NonNullable<UserSearch['filters']>,
): Promise<readonly Profile[]> {
  const wanted = fields.map(valuesWanted)
  const isMatch = (profile: Profile): boolean => {
    const meets = (filter: FieldFilter, index: number) => hasOne(FIELDS[filter.field], profile, wanted[index] ?? [])
    return operator === 'AND' ? fields.every(meets) : fields.some(meets)
  }
  const lookups = fields.map((filter, index) => ({ find: FIELDS[filter.field].find, values: wanted[index] ?? [] }))
  // All must hold: who meets one exact filter is among its few. One is enough: every one must be exact.
  const exactOnes = lookups.filter(({ find }) => find !== null)
  const enough = operator === 'AND' ? exactOnes.slice(0, 1) : exactOnes
  const isIndexed = enough.length > 0 && (operator === 'AND' || exactOnes.length === lookups.length)
  const candidates = isIndexed ? await lookUp(core, projectId, enough) : await readAll(core, projectId)
  return candidates.filter(isMatch)
}

async function lookUp(
  core: SearchCore,
  projectId: string,
  lookups: readonly { readonly find: Field['find']; readonly values: readonly string[] }[],
): Promise<readonly Profile[]> {
  const found = await Promise.all(
    lookups.flatMap(({ find, values }) => values.map((value) => find?.(core, projectId, value) ?? null)),
  )
  const ids = [...new Set(found)].filter((userId) => userId !== null).sort()
  const profiles = await Promise.all(ids.map((userId) => core.users.find(projectId, userId)))
  return profiles.filter((profile) => profile !== null)
}

async function readAll(core: SearchCore, projectId: string): Promise<readonly Profile[]> {
  if ((await core.users.count(projectId)) > MAX_SCANNED) {
    const detail = `filters: without an exact field a search reads at most ${MAX_SCANNED} users, and the App has more`
    throw new FailureError({ kind: 'malformed', detail })
  }
  const all: Profile[] = []
  for (let after: string | null = null; ; ) {
    const batch: readonly Profile[] = await core.users.list(projectId, after, BATCH)
    all.push(...batch)
    const last = batch.at(-1)
    if (last === undefined) return all
    after = last.user.id
  }
}

/** What the filter asks for, normalised. @throws {FailureError} `malformed` when the operator's operand is missing */
function valuesWanted(filter: FieldFilter): readonly string[] {
  const { field, operator } = filter
  const given = operator === 'in' ? (filter.values ?? null) : operandOfEq(filter)
  if (given === null) {
    const operand = operator === 'in' ? 'values' : 'value'
    throw new FailureError({ kind: 'malformed', detail: `filters.fields: ${operator} needs ${operand}` })
  }
  return given.map((each) => FIELDS[field].normalise(String(each)))
}

function operandOfEq({ field, value, values }: FieldFilter): readonly (string | boolean)[] | null {
  if (value !== null && value !== undefined) return [value]
  // Some fill in the list, with the one value there is to compare.
  if (values?.length === 1) return values
  // The vendor's Node client drops what is falsy, and so the one value a flag can lose.
  return field.endsWith('_verified') && (values?.length ?? 0) === 0 ? [false] : null
}

function hasOne({ read, isPart }: Field, profile: Profile, wanted: readonly string[]): boolean {
  const own = read(profile)
  if (!isPart) return own.some((text) => wanted.includes(text))
  return own.some((text) => wanted.some((each) => each !== '' && folded(text).includes(each)))
}

/** Which chain an address is of, its form says. Null for what is no address: nobody has it. */
function accountOf(core: SearchCore, address: string): Account | null {
  try {
    return core.parseAccount(address.startsWith('0x') ? 'eip155' : 'solana', address)
  } catch {
    return null
  }
}

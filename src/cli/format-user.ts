import type { Chains } from '../../core/chains/chains.ts'
import type { Credential } from '../../core/identities/identity.ts'
import type { Profile } from '../../core/identities/users.ts'
import { formatTable } from './format-table.ts'

/** A user for people: one line, and one for each credential. */
export function formatUser(chains: Chains, { user, credentials }: Profile): string {
  const { first, middle, last } = user.name
  const name = [first, middle, last].filter((part) => part !== '').join(' ')
  const head = formatTable([[user.id, user.status, `since ${user.createdAt.toISOString()}`, name]])
  const rows = credentials.map((credential) => [
    ` ${credential.kind}`,
    describe(chains, credential),
    credential.verifiedAt === null ? 'not proved' : `proved ${credential.verifiedAt.toISOString()}`,
    accessOf(credential),
    credential.id,
  ])
  return `${head}${formatTable(rows)}`
}

function describe(chains: Chains, credential: Credential): string {
  switch (credential.kind) {
    case 'wallet': {
      const { namespace, address, chain } = credential.account
      const shown = chains[namespace].formatAddress(address)
      return chain === null ? shown : `${shown} on ${namespace}:${chain}`
    }
    case 'passkey':
      return `${credential.credentialId.slice(0, 22)} for ${credential.rpId}`
    default:
      return credential.value
  }
}

function accessOf(credential: Credential): string {
  if (credential.kind !== 'wallet' || credential.access === null) return ''
  const { role, scopes, status } = credential.access
  return `${role}, ${scopes.join(' ') || 'no scopes'}, ${status === '' ? 'no status' : status}`
}

import type { Account } from '../../core/accounts/account.ts'
import type { Chains } from '../../core/chains/chains.ts'
import type { Contact, Credential, Passkey, Wallet } from '../../core/identities/identity.ts'
import type { Profile } from '../../core/identities/users.ts'

/** A user as a row that `parseUserRow` reads back: the same user with the same credentials, ids and times. Sessions stay. */
export function formatUserRow(chains: Chains, { user, credentials }: Profile): string {
  const { id, status, createdAt, updatedAt, name, metadata } = user
  const wallets = credentials.filter((each): each is Wallet => each.kind === 'wallet')
  const contacts = credentials.filter((each): each is Contact => each.kind === 'email' || each.kind === 'phone')
  const passkeys = credentials.filter((each): each is Passkey => each.kind === 'passkey')
  return JSON.stringify({
    id,
    status,
    createdAt,
    updatedAt,
    name,
    metadata,
    wallets: wallets.map((wallet) => ({
      ...addressOf(chains, wallet.account),
      ...(wallet.access === null ? {} : { access: wallet.access }),
      ...common(wallet),
    })),
    emails: contacts.flatMap((each) => (each.kind === 'email' ? { address: each.value, ...common(each) } : [])),
    phones: contacts.flatMap((each) => (each.kind === 'phone' ? { number: each.value, ...common(each) } : [])),
    passkeys: passkeys.map(({ credentialId, publicKey, signCount, transports, rpId, isBackedUp, ...rest }) => {
      return { credentialId, publicKey, signCount, transports, rpId, isBackedUp, ...common(rest) }
    }),
  })
}

function addressOf(chains: Chains, { namespace, address, chain }: Account) {
  const shown = chains[namespace].formatAddress(address)
  return chain === null ? { address: shown } : { address: shown, chain: `${namespace}:${chain}` }
}

function common({ id, createdAt, verifiedAt }: Pick<Credential, 'id' | 'createdAt' | 'verifiedAt'>) {
  return { id, createdAt, verifiedAt }
}

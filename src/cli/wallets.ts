import { Command, InvalidArgumentError } from 'commander'
import type { Account } from '../../core/accounts/account.ts'
import type { Chains } from '../../core/chains/chains.ts'
import { AuthError } from '../../core/errors.ts'
import { grantWalletAccess } from '../../core/identities/claim-wallet.ts'
import { linkWallet } from '../../core/identities/link-wallet.ts'
import { parseAccountText } from '../../core/identities/parse-account-text.ts'
import { releaseCredential } from '../../core/identities/release-credential.ts'
import { CommandError } from './command-error.ts'
import { EX_DATAERR, EX_NOUSER } from './exit-codes.ts'
import { withProject } from './open-project.ts'

const ROLES = ['user', 'admin', 'facilitator'] as const
const STATUSES = ['active', 'suspended', 'revoked'] as const

interface RoleOptions {
  readonly role: string
  readonly scopes: readonly string[]
  readonly status: string
  readonly project?: string
  readonly chain?: string
}

interface WalletOptions {
  readonly project?: string
  readonly chain?: string
  readonly json?: true
}

/** `walletgate wallets …`: whose wallets are, and what they may do. */
export function walletsCommand(): Command {
  const setRole = new Command('set-role')
    .description('set the role, scopes and status of a wallet; takes effect at its next sign-in or refresh')
    .argument('<address>', 'Ethereum address, 0x and 40 hex digits')
    .option('--role <role>', ROLES.join(', '), oneOf('role', ROLES), 'user')
    .option('--scopes <list>', 'comma-separated, for example tab:read,tab:create', parseScopes, ['tab:read'])
    .option('--status <status>', STATUSES.join(', '), oneOf('status', STATUSES), 'active')
    .option('--chain <id>', 'the chain of a contract account, such as eip155:8453')
    .option('--project <id>', 'the project, where there are several')
    .action(runSetRole)
  const link = withWallet(new Command('link'))
    .description('give a user one more wallet, on your word; whoever can sign with it signs in as that user')
    .requiredOption('--user <id>', 'whose it shall be')
    .action(runLink)
  const unlink = withWallet(new Command('unlink'))
    .description('take a wallet from its user and end the sessions it opened; it can sign in again, as a new user')
    .option('--force', 'even if the wallet is suspended or revoked, and as a new user would no longer be')
    .action(runUnlink)
  return new Command('wallets')
    .description('whose wallets are, and what they may do')
    .addCommand(setRole)
    .addCommand(link)
    .addCommand(unlink)
}

function withWallet(command: Command): Command {
  return command
    .argument('<address>', 'Ethereum or Solana address, or CAIP-10')
    .option('--chain <id>', 'the chain of a contract account, such as eip155:8453')
    .option('--project <id>', 'the project, where there are several')
    .option('--json', 'print JSON')
}

async function runSetRole(address: string, { role, scopes, status, project, chain }: RoleOptions): Promise<void> {
  await withProject(
    project === undefined ? {} : { project },
    async ({ projectId, stores, chains, clock, random, audit }) => {
      // EIP-55: mixed case is a checksum. A role given to a mistyped address would be missed by one and found by another.
      const account = parseAccountText(chains, address, chain ?? null)
      if (account?.namespace !== 'eip155') throw new AuthError('address_malformed')
      await grantWalletAccess({ ...stores, clock, random, audit }, projectId, account, { role, scopes, status })
      process.stdout.write(
        `${formatAccount(chains, account)}: ${role}, ${scopes.join(' ') || 'no scopes'}, ${status}\n`,
      )
    },
  )
}

async function runLink(address: string, options: WalletOptions & { readonly user: string }): Promise<void> {
  await withProject(options, async ({ projectId, stores, chains, clock, random, audit }) => {
    const account = requireAccount(chains, address, options.chain)
    try {
      const { id, userId } = await linkWallet(
        { ...stores, clock, random, audit },
        { projectId, account, userId: options.user },
      )
      print(options, { wallet: id, user: userId, address: formatAccount(chains, account) }, `belongs to ${userId}`)
    } catch (error) {
      if (!(error instanceof AuthError) || error.code !== 'credential_taken') throw error
      throw new CommandError('the wallet is another user’s: unlink it first', EX_DATAERR)
    }
  })
}

async function runUnlink(address: string, options: WalletOptions & { readonly force?: true }): Promise<void> {
  await withProject(options, async ({ projectId, stores, chains, clock, audit }) => {
    const account = requireAccount(chains, address, options.chain)
    const wallet = await stores.identities.findWallet(projectId, account)
    if (wallet === null) throw new CommandError('nobody has that wallet', EX_NOUSER)
    if (options.force !== true && (wallet.access?.status ?? 'active') !== 'active') {
      throw new CommandError(
        `the wallet is ${wallet.access?.status || 'without a status'}: unlinked, it could sign in again as a new user. Say --force if it may`,
        EX_DATAERR,
      )
    }
    const endedSessions = await releaseCredential({ ...stores, clock, audit }, wallet)
    const told = { wallet: wallet.id, user: wallet.userId, address: formatAccount(chains, account), endedSessions }
    print(options, told, `taken from ${wallet.userId}; ${endedSessions} sessions ended`)
  })
}

function print(
  { json }: WalletOptions,
  told: { readonly address: string } & Readonly<Record<string, unknown>>,
  words: string,
): void {
  process.stdout.write(json === true ? `${JSON.stringify(told, null, 2)}\n` : `${told.address}: ${words}\n`)
}

function requireAccount(chains: Chains, address: string, chain: string | undefined): Account {
  const account = parseAccountText(chains, address, chain ?? null)
  if (account !== null) return account
  throw new CommandError(
    'that is no wallet: an Ethereum address (mixed case only as in EIP-55), a Solana address or CAIP-10; --chain is for Ethereum contract accounts',
    EX_DATAERR,
  )
}

function formatAccount(chains: Chains, { namespace, address, chain }: Account): string {
  return `${chains[namespace].formatAddress(address)}${chain === null ? '' : ` on ${namespace}:${chain}`}`
}

function oneOf(name: string, accepted: readonly string[]) {
  return (value: string): string => {
    if (!accepted.includes(value)) throw new InvalidArgumentError(`${name} must be one of: ${accepted.join(', ')}`)
    return value
  }
}

function parseScopes(list: string): readonly string[] {
  const scopes = list.split(',').flatMap((scope) => (scope.trim() === '' ? [] : [scope.trim()]))
  if (scopes.some((scope) => !/^[\w:.-]{1,64}$/.test(scope))) {
    throw new InvalidArgumentError('scopes are words of letters, digits and : . - _, separated by commas')
  }
  return scopes
}

import { Command, InvalidArgumentError } from 'commander'
import { AuthError } from '../../core/errors.ts'
import { parseAccountText } from '../../core/identities/parse-account-text.ts'
import { parseContact } from '../../core/identities/parse-contact.ts'
import { releaseCredential } from '../../core/identities/release-credential.ts'
import type { Profile, Users } from '../../core/identities/users.ts'
import { CommandError } from './command-error.ts'
import { EX_DATAERR, EX_NOUSER } from './exit-codes.ts'
import { formatUser } from './format-user.ts'
import { type OpenProject, withProject } from './open-project.ts'
import { usersExportCommand } from './users-export.ts'
import { usersImportCommand } from './users-import.ts'

interface Options {
  readonly project?: string
  readonly json?: true
}

interface FindOptions extends Options {
  readonly email?: string
  readonly phone?: string
  readonly wallet?: string
  readonly chain?: string
  readonly passkey?: string
}

const ONE_OF = 'name one of --email, --phone, --wallet and --passkey'

/** `walletgate users …`: who there is, in and out. */
export function usersCommand(): Command {
  const show = withOptions(new Command('show'))
    .description('show a user and all it can be recognised by')
    .argument('<id>', 'the user’s id')
    .action((id: string, options: Options) =>
      withProject(options, async (open) => print(open, options, await requireUser(open.users, open.projectId, id))),
    )
  const find = withOptions(new Command('find'))
    .description('show whose an email, phone number, wallet or passkey is')
    .option('--email <address>', 'in any letter case')
    .option('--phone <number>', 'E.164: +14155550123')
    .option('--wallet <address>', 'Ethereum, Solana, or CAIP-10')
    .option('--chain <id>', 'with --wallet: the chain of a contract account, such as eip155:8453')
    .option('--passkey <id>', 'its id here (passkey_…), or its credential id')
    .action((options: FindOptions) =>
      withProject(options, async (open) => print(open, options, await findUser(open, options))),
    )
  const remove = withOptions(new Command('delete'))
    .description('forget a user with all it can be recognised by, and end its sessions; there is no way back')
    .argument('<id>', 'the user’s id')
    .option('--yes', 'needed: there is no way back')
    .action(runDelete)
  const unlink = withOptions(new Command('unlink'))
    .description('take an e-mail address, a phone number or a passkey from its user and end the sessions it opened')
    .argument('<id>', 'as `users show --json` says: email_…, phone_…, passkey_…')
    .action(runUnlink)
  return new Command('users')
    .description('who there is: look up, unlink, delete, export, import')
    .addCommand(show)
    .addCommand(find)
    .addCommand(unlink)
    .addCommand(remove)
    .addCommand(usersExportCommand())
    .addCommand(usersImportCommand())
}

function withOptions(command: Command): Command {
  return command.option('--project <id>', 'the project, where there are several').option('--json', 'print JSON')
}

async function runDelete(id: string, options: Options & { readonly yes?: true }): Promise<void> {
  if (options.yes !== true) throw new InvalidArgumentError('this cannot be undone: say --yes')
  await withProject(options, async ({ users, projectId }) => {
    const { credentials } = await requireUser(users, projectId, id)
    await users.delete(projectId, id)
    const barred = credentials.filter(
      (each) => each.kind === 'wallet' && (each.access?.status ?? 'active') !== 'active',
    )
    if (options.json === true) {
      process.stdout.write(
        `${JSON.stringify({ user: id, deleted: true, freedInactiveWallets: barred.length }, null, 2)}\n`,
      )
      return
    }
    process.stdout.write(`${id}: deleted\n`)
    if (barred.length > 0) {
      process.stdout.write(`${barred.length} of its wallets were not active; they can sign in again, as new users\n`)
    }
  })
}

async function runUnlink(id: string, options: Options): Promise<void> {
  await withProject(options, async ({ users, projectId, stores, clock, audit }) => {
    const credential = await users.findCredential(projectId, id)
    if (credential === null) throw new CommandError('nobody has that', EX_NOUSER)
    if (credential.kind === 'wallet') throw new CommandError('that is a wallet: use `wallets unlink`', EX_DATAERR)
    const endedSessions = await releaseCredential({ ...stores, clock, audit }, credential)
    const { kind, userId } = credential
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify({ [kind]: id, user: userId, endedSessions }, null, 2)}\n`
        : `${id}: taken from ${userId}; ${endedSessions} sessions ended\n`,
    )
  })
}

async function findUser(open: OpenProject, options: FindOptions): Promise<Profile> {
  const { projectId, users } = open
  const credential = await findCredential(open, options)
  const profile = credential === null ? null : await users.find(projectId, credential.userId)
  if (profile === null) throw new CommandError('nobody has that', EX_NOUSER)
  return profile
}

async function findCredential(
  { projectId, stores, users, chains }: OpenProject,
  { email, phone, wallet, chain, passkey }: FindOptions,
): Promise<{ readonly userId: string } | null> {
  const given = [email, phone, wallet, passkey].filter((each) => each !== undefined)
  if (given.length !== 1 || (chain !== undefined && wallet === undefined)) throw new InvalidArgumentError(ONE_OF)
  if (email !== undefined) return users.findContact(projectId, requireContact('email', email))
  if (phone !== undefined) return users.findContact(projectId, requireContact('phone', phone))
  if (passkey !== undefined) {
    const found = passkey.startsWith('passkey_') ? await users.findCredential(projectId, passkey) : null
    return found ?? stores.identities.findPasskey(projectId, passkey)
  }
  const account = parseAccountText(chains, wallet ?? '', chain ?? null)
  if (account === null)
    throw new InvalidArgumentError('--wallet is no address of Ethereum or Solana, or --chain does not fit it')
  return users.findWallet(projectId, account)
}

function requireContact(kind: 'email' | 'phone', text: string) {
  try {
    return parseContact(kind, text)
  } catch {
    throw new InvalidArgumentError(kind === 'email' ? '--email is no mail address' : '--phone is no E.164 number')
  }
}

async function requireUser(users: Users, projectId: string, id: string): Promise<Profile> {
  const profile = await users.find(projectId, id)
  if (profile === null) throw new AuthError('user_unknown')
  return profile
}

async function print({ chains }: OpenProject, { json }: Options, profile: Profile): Promise<void> {
  const { formatUserRow } = await import('../import/format-user-row.ts')
  const row: unknown = JSON.parse(formatUserRow(chains, profile))
  process.stdout.write(json === true ? `${JSON.stringify(row, null, 2)}\n` : formatUser(chains, profile))
}

import { Command, InvalidArgumentError } from 'commander'
import type { Session } from '../../core/sessions/session.ts'
import { CommandError } from './command-error.ts'
import { EX_NOUSER } from './exit-codes.ts'
import { formatTable } from './format-table.ts'
import { withProject } from './open-project.ts'

interface Options {
  readonly project?: string
  readonly json?: true
}

/** `walletgate sessions …`: who is signed in. */
export function sessionsCommand(): Command {
  const list = withOptions(new Command('list'))
    .description('show the live sessions of a user, of every dialect, oldest first')
    .requiredOption('--user <id>', 'whose')
    .action(runList)
  const revoke = withOptions(new Command('revoke'))
    .description(
      'end a session, or all of a user: refused here at once; a server that checks only signatures takes its access token until it expires',
    )
    .argument('[id]', 'the session’s id, as “sessions list” shows it')
    .option('--user <id>', 'all of this user')
    .action(runRevoke)
  return new Command('sessions').description('who is signed in').addCommand(list).addCommand(revoke)
}

function withOptions(command: Command): Command {
  return command.option('--project <id>', 'the project, where there are several').option('--json', 'print JSON')
}

function runList(options: Options & { readonly user: string }): Promise<void> {
  return withProject(options, async ({ projectId, stores, clock }) => {
    const sessions = await stores.sessions.list(projectId, options.user, clock.now())
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify(sessions.map(shownFacts), null, 2)}\n`)
      return
    }
    process.stdout.write(sessions.length === 0 ? 'no live sessions\n' : formatTable(sessions.map(formatSession)))
  })
}

/** What `--json` prints. An id is no secret: what proves a session is derived from it by a key, or kept as a hash. */
function shownFacts({ id, userId, door, createdAt, lastActiveAt, expiresAt, device, factors }: Session) {
  const proofs = factors.map(({ kind, credentialId, verifiedAt }) => ({ kind, credentialId, verifiedAt }))
  return { id, user: userId, dialect: door, createdAt, lastActiveAt, expiresAt, device, factors: proofs }
}

function formatSession({ id, door, createdAt, lastActiveAt, expiresAt, device, factors }: Session): readonly string[] {
  return [
    id,
    door,
    factors.map(({ kind }) => kind).join('+') || 'anonymous',
    `since ${createdAt.toISOString()}`,
    `active ${lastActiveAt.toISOString()}`,
    `until ${expiresAt.toISOString()}`,
    device?.ip ?? '',
  ]
}

async function runRevoke(id: string | undefined, options: Options & { readonly user?: string }): Promise<void> {
  const { user } = options
  if ((id === undefined) === (user === undefined)) throw new InvalidArgumentError('name a session, or --user')
  await withProject(options, async ({ projectId, stores: { sessions }, clock, audit }) => {
    const now = clock.now()
    const revoke = async (sessionId: string): Promise<readonly string[]> => {
      const session = await sessions.find(projectId, sessionId, now)
      if (session === null || !(await sessions.revoke(projectId, sessionId, now))) return []
      const { userId, door } = session
      audit?.record({ event: 'session.revoked', projectId, userId, door, sessionId })
      return [sessionId]
    }
    const ids = id === undefined ? (await sessions.list(projectId, user ?? '', now)).map((session) => session.id) : [id]
    const revoked = (await Promise.all(ids.map(revoke))).flat()
    if (id !== undefined && revoked.length === 0) throw new CommandError('no such live session', EX_NOUSER)
    process.stdout.write(
      options.json === true ? `${JSON.stringify({ revoked }, null, 2)}\n` : `${revoked.length} sessions revoked\n`,
    )
  })
}

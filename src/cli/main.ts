#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { AuthError } from '../../core/errors.ts'
import { ConfigError } from '../config/config-error.ts'
import { apiKeysCommand } from './api-keys.ts'
import { auditCommand } from './audit.ts'
import { checkConfigCommand } from './check-config.ts'
import { CommandError } from './command-error.ts'
import { doctorCommand } from './doctor.ts'
import { EX_CONFIG, EX_DATAERR, EX_NOUSER, EX_UNAVAILABLE, EX_USAGE } from './exit-codes.ts'
import { explainCommand } from './explain.ts'
import { healthcheckCommand } from './healthcheck.ts'
import { keysCommand } from './keys.ts'
import { projectsCommand } from './projects.ts'
import { sessionsCommand } from './sessions.ts'
import { startCommand } from './start.ts'
import { usersCommand } from './users.ts'
import { walletsCommand } from './wallets.ts'

const HELP = `
Configuration comes from the environment. Nothing is needed for a first start; the names met first:
  HOST, PORT          where to listen (127.0.0.1, 8787)
  PUBLIC_URL          how the outside reaches the server (http://localhost:$PORT)
  REDIS_URL           keeps users and sessions; then also WALLETGATE_SECRET, PROJECT_ID,
                      PROJECT_SECRET_KEY and AUTH_JWT_SECRET
  WALLETGATE_CONFIG   a JSON file, to serve several projects
docs/guides/configuration.md holds the others. Commands that look at users, sessions or keys need Redis: the memory store
is inside the server.

Examples:
  walletgate
  walletgate wallets set-role 0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A --role facilitator --scopes tab:create
  walletgate doctor
  walletgate keys list
  walletgate api-keys create --name "billing server"
  walletgate check-config
  walletgate projects --json
  walletgate users import users.ndjson --dry-run
  walletgate users find --email ada@example.com
  walletgate explain --dialect walletkit --message message.txt --signature 0x…

Exit codes: 1 not well (doctor, healthcheck) or refused (explain), 2 could not be checked (explain), 64 wrong usage,
65 wrong data (no address, rows refused, proofs invalid), 66 no such file, 67 no such user, session or key,
69 port taken or store down, 73 the output is there already or cannot be written, 75 too soon (keys rotate),
78 wrong settings, 130 or 143 interrupted (users import).`

const program = throwing(
  new Command('walletgate')
    .description('Self-hosted wallet sign-in server that speaks WalletKit, MoonKey and 4mica')
    .addHelpText('after', HELP)
    .addCommand(startCommand())
    .addCommand(checkConfigCommand())
    .addCommand(projectsCommand())
    .addCommand(usersCommand())
    .addCommand(sessionsCommand())
    .addCommand(walletsCommand())
    .addCommand(keysCommand())
    .addCommand(apiKeysCommand())
    .addCommand(auditCommand())
    .addCommand(explainCommand())
    .addCommand(doctorCommand())
    .addCommand(healthcheckCommand()),
)

try {
  const args = process.argv.slice(2)
  await program.parseAsync(args.length === 0 ? ['start'] : args, { from: 'user' })
} catch (error) {
  // A command found an argument wrong after parsing; what parsing itself refuses has been printed.
  if (error instanceof InvalidArgumentError) fail(`error: ${error.message}`, EX_USAGE)
  else if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EX_USAGE
  else if (error instanceof CommandError) fail(`error: ${error.message}`, error.exitCode)
  else if (error instanceof ConfigError) fail(error.message, EX_CONFIG)
  else if (error instanceof AuthError) fail(...explain(error))
  else if (isListenError(error)) fail(explainListening(error), EX_UNAVAILABLE)
  else throw error
}

/** Lets this command and all below it throw instead of exiting, so that one place chooses the exit code. */
function throwing(command: Command): Command {
  for (const child of command.commands) throwing(child)
  return command.exitOverride().showHelpAfterError('Try walletgate --help.')
}

function fail(message: string, exitCode: number): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = exitCode
}

function explain({ code, reason }: AuthError): [message: string, exitCode: number] {
  if (code === 'address_malformed') {
    return ['error: that is no Ethereum address: 0x and 40 hex digits, mixed case only as in EIP-55', EX_DATAERR]
  }
  if (code === 'user_unknown') return ['error: no such user', EX_NOUSER]
  if (code === 'store_unavailable') {
    return [`the store does not answer (${reason}): check REDIS_URL and that Redis is up`, EX_UNAVAILABLE]
  }
  return [code === reason ? code : `${code}: ${reason}`, EX_UNAVAILABLE]
}

function isListenError(error: unknown): error is NodeJS.ErrnoException {
  const syscalls: readonly unknown[] = ['listen', 'bind', 'getaddrinfo']
  return error instanceof Error && 'syscall' in error && syscalls.includes(error.syscall)
}

function explainListening(error: NodeJS.ErrnoException & { port?: number; setting?: string }): string {
  const { code, port, message, setting = 'PORT' } = error
  if (code === 'EADDRINUSE') return `cannot listen: port ${port} is in use. Stop what listens there, or set ${setting}.`
  if (code === 'EACCES') return `cannot listen: port ${port} needs privileges. Set a ${setting} above 1023.`
  return `cannot listen: ${message}. Check HOST and ${setting}.`
}

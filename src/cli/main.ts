#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { AuthError } from '../../core/errors.ts'
import { ConfigError } from '../config/config-error.ts'
import { healthcheckCommand } from './healthcheck.ts'
import { startCommand } from './start.ts'
import { walletsCommand } from './wallets.ts'

const program = new Command('walletgate')
  .description('Self-hosted wallet sign-in server that speaks WalletKit, MoonKey and 4mica')
  .addHelpText('after', '\nConfiguration comes from the environment; the README lists every name.')
  .exitOverride()
  .addCommand(startCommand(), { isDefault: true })
  .addCommand(walletsCommand())
  .addCommand(healthcheckCommand())

/** Exit codes follow sysexits.h where one fits, so that a supervisor can tell a bad setting from an outage. */
const EX_USAGE = 64
const EX_UNAVAILABLE = 69
const EX_CONFIG = 78

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EX_USAGE
  else if (error instanceof ConfigError) fail(error.message, EX_CONFIG)
  else if (error instanceof AuthError) fail(explain(error), EX_UNAVAILABLE)
  else if (isListenError(error)) fail(`cannot listen: ${error.message}`, EX_UNAVAILABLE)
  else throw error
}

function fail(message: string, exitCode: number): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = exitCode
}

function explain({ code, reason }: AuthError): string {
  if (code === 'store_unavailable') return `the store does not answer (${reason}): check REDIS_URL and that Redis is up`
  return code === reason ? code : `${code}: ${reason}`
}

function isListenError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen'
}

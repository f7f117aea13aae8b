import { text as readText } from 'node:stream/consumers'
import { Command } from 'commander'
import { hashedSecretKey, isPlaceholder, secretKey } from '../config/values/secrets.ts'
import { CommandError } from './command-error.ts'
import { EX_DATAERR } from './exit-codes.ts'

/** A hash of what can be guessed is as good as it: shorter keys stay what they are. */
const SHORTEST = 32

/** `walletgate api-keys hash`: what a configuration may hold in place of a key you have. */
export function apiKeysHashCommand(): Command {
  return new Command('hash')
    .description('read a secret key from standard input, and print what the configuration may hold in its place')
    .addHelpText('after', '\nExample:\n  printenv OLD_SECRET_KEY | walletgate api-keys hash')
    .option('--json', 'print JSON')
    .action(async ({ json }: { readonly json?: true }) => {
      // Not an argument: those are seen by every user of the machine, and kept by shells.
      const hashed = hashedSecretKey(requireKey((await readText(process.stdin)).trim()))
      process.stdout.write(json === true ? `${JSON.stringify({ secretKey: hashed }, null, 2)}\n` : `${hashed}\n`)
    })
}

function requireKey(text: string): string {
  const reading = secretKey(text)
  if (text.startsWith('sha256:')) throw new CommandError('standard input is a hash already', EX_DATAERR)
  if (!reading.ok) throw new CommandError(`standard input ${reading.problem}`, EX_DATAERR)
  if (text.length < SHORTEST || isPlaceholder(text)) {
    throw new CommandError('that key can be guessed, and so can one from its hash: replace it', EX_DATAERR)
  }
  return text
}

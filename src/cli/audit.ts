import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { Command } from 'commander'
import type { CheckedLine, TrailSummary } from '../audit/verify-trail.ts'
import { CommandError } from './command-error.ts'
import { EX_DATAERR, EX_NOINPUT } from './exit-codes.ts'

/** `walletgate audit …`: the trail of facts. */
export function auditCommand(): Command {
  const verify = new Command('verify')
    .description(
      'verify every wallet signature of a trail again, offline; fails when one is invalid or a line cannot be read',
    )
    .argument('<file>', 'NDJSON as AUDIT_LOG writes it, also among log lines; - reads standard input')
    .option('--json', 'print a JSON object per line, and the summary last')
    .action(runVerify)
  return new Command('audit').description('the trail that AUDIT_LOG and AUDIT_STREAM keep').addCommand(verify)
}

async function runVerify(path: string, { json = false }: { readonly json?: boolean }): Promise<void> {
  const input = await openInput(path)
  const [{ createChains }, { verifyTrail }] = await Promise.all([
    import('../../core/chains/chains.ts'),
    import('../audit/verify-trail.ts'),
  ])
  const chains = await createChains()
  // Not before there is somebody to read them: lines that come while nobody does are gone.
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  const print = (value: CheckedLine | { summary: TrailSummary }, text: string) =>
    process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`)
  const summary = await verifyTrail(lines, chains, (checked) => print(checked, formatLine(checked)))
  print({ summary }, formatSummary(summary))
  if (summary.invalid + summary.malformed > 0) process.exitCode = EX_DATAERR
}

async function openInput(path: string): Promise<Readable> {
  if (path === '-') return process.stdin
  try {
    return (await open(path)).createReadStream({ encoding: 'utf8' })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    throw new CommandError(`the file cannot be read${code}`, EX_NOINPUT)
  }
}

function formatLine({ line, verdict, id, event, account }: CheckedLine): string {
  return [`line ${line}:`, verdict, event, account, id].filter((part) => part !== null).join(' ')
}

function formatSummary({ valid, invalid, unchecked, malformed, withoutProof }: TrailSummary): string {
  const parts = [`${valid} valid`, `${invalid} invalid`, `${malformed} malformed`]
  if (unchecked > 0) parts.push(`${unchecked} of contract accounts, which only their chain can verify`)
  return `${parts.join(', ')}; ${withoutProof} facts without a proof`
}

import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { createSystemRandom } from '../../core/random.ts'
import { EX_NOT_WELL } from './exit-codes.ts'
import { formatFindings } from './format-findings.ts'

/** `walletgate doctor`: names each fault of a set-up with its remedy. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look at settings, Redis, mail, RPC servers and proxies; name each fault and its remedy')
    .option('--json', 'print JSON')
    .action(async ({ json }: { readonly json?: true }) => {
      const startedAt = performance.now()
      const { diagnose } = await import('../doctor/diagnose.ts')
      const findings = await diagnose({
        env: process.env,
        readFile: (path) => readFileSync(path, 'utf8'),
        random: createSystemRandom(),
        now: Date.now,
        nodeVersion: process.version,
      })
      const seconds = Math.round((performance.now() - startedAt) / 100) / 10
      const hasFailed = findings.some(({ outcome }) => outcome === 'fail')
      process.stdout.write(
        json === true
          ? `${JSON.stringify({ ok: !hasFailed, seconds, findings }, null, 2)}\n`
          : formatFindings(findings, seconds),
      )
      process.exitCode = hasFailed ? EX_NOT_WELL : 0
    })
}

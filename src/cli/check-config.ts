import { Command } from 'commander'
import { ConfigError } from '../config/config-error.ts'
import type { Settings } from '../config/settings.ts'
import { EX_CONFIG } from './exit-codes.ts'
import { loadProcessSettings } from './settings.ts'

/** `walletgate check-config`: what a start would say of its configuration, without starting. For a deployment, before it sends SIGHUP. */
export function checkConfigCommand(): Command {
  return new Command('check-config')
    .description('read the configuration as a start would, and say every fault and warning; nothing is connected to')
    .option('--json', 'print JSON, faults included')
    .action(checkConfig)
}

/** @throws {ConfigError} with every fault listed, unless JSON was asked for */
function checkConfig({ json }: { readonly json?: true }): void {
  if (json === true) printJson()
  else print(loadProcessSettings())
}

function printJson(): void {
  const result = examine()
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  if (result.faults.length > 0) process.exitCode = EX_CONFIG
}

function examine() {
  try {
    const { projects, warnings } = loadProcessSettings()
    return { faults: [], warnings, projects: projects.map(({ id }) => id) }
  } catch (error) {
    if (error instanceof ConfigError) return { faults: error.faults, warnings: [], projects: [] }
    throw error
  }
}

function print({ projects, store, warnings }: Settings): void {
  const lines = [
    `The configuration has no faults: ${projects.length === 1 ? '1 project' : `${projects.length} projects`}, store ${store.kind}.`,
    ...warnings.map((warning) => `  warning: ${warning}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

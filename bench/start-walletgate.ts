import { type Measured, startMeasured } from './measured.ts'
import type { Programs } from './programs.ts'
import { type BenchStore, benchSettings } from './settings.ts'

/** Starts the program as it is shipped. `env` adds to the settings. */
export function startWalletgate(
  programs: Programs,
  store: BenchStore,
  { workers = 1, env = {} }: { readonly workers?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Measured> {
  return startMeasured({
    command: [programs.walletgate],
    env: { ...benchSettings(store), WORKERS: String(workers), ...env },
    reporter: programs.compiled('usage-reporter'),
    // The supervisor reports too.
    processes: workers === 1 ? 1 : workers + 1,
  })
}

import { Command } from 'commander'
import { loadProcessSettings } from './settings.ts'

const TIMEOUT_MS = 3_000

/** `walletgate healthcheck`: exit 0 when the server on this machine is ready. For container health checks, without curl. */
export function healthcheckCommand(): Command {
  return new Command('healthcheck').description('exit 0 when the local server is ready').action(async () => {
    const { host, port } = loadProcessSettings().server
    const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host
    try {
      const { ok } = await fetch(`http://${address}:${port}/readyz`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
      process.exitCode = ok ? 0 : 1
    } catch {
      process.exitCode = 1
    }
  })
}

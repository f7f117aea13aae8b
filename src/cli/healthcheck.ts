import { isIPv6 } from 'node:net'
import { Command } from 'commander'
import { EX_NOT_WELL } from './exit-codes.ts'
import { loadProcessSettings } from './settings.ts'

const TIMEOUT_MS = 3_000

/** `walletgate healthcheck`: exit 0 when the server on this machine is ready. For container health checks, without curl. */
export function healthcheckCommand(): Command {
  return new Command('healthcheck')
    .description('exit 0 when the server that these settings describe is ready on this machine, else 1')
    .action(async () => {
      const { host, port } = loadProcessSettings().server
      const outcome = await askReadiness(`http://${reachable(host)}:${port}/readyz`)
      process.stdout.write(`${outcome}\n`)
      process.exitCode = outcome === 'ready' ? 0 : EX_NOT_WELL
    })
}

async function askReadiness(url: string): Promise<string> {
  try {
    const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return ok ? 'ready' : `not ready: ${url} answers ${status}`
  } catch {
    return `not ready: ${url} does not answer`
  }
}

/** An address of the listener: one that stands for all addresses stands for the loopback too. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (!isIPv6(host)) return host
  return /^[0:]+$/.test(host) ? '[::1]' : `[${host}]`
}

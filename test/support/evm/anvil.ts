import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { freePort } from '../redis-server.ts'

export interface Anvil {
  readonly chainId: number
  readonly url: string
  stop(): Promise<void>
}

/** Between our finding a port free and anvil's taking it, somebody else may take it; a few others are tried then. */
const MAX_STARTS = 5

/** A private Ethereum node, in memory only, with EIP-7702 (Prague). It ends with this process at the latest. */
export async function startAnvil(chainId: number): Promise<Anvil> {
  for (let attempt = 1; ; attempt += 1) {
    const anvil = await tryToStart(chainId)
    if (anvil !== null) return anvil
    if (attempt === MAX_STARTS) throw new Error('anvil ended before it was ready')
  }
}

async function tryToStart(chainId: number): Promise<Anvil | null> {
  const port = await freePort()
  const args = ['--port', port, '--chain-id', chainId, '--hardfork', 'prague', '--silent', '--no-request-size-limit']
  const child = spawn(findAnvil(), args.map(String), { stdio: 'ignore' })
  const exited = once(child, 'exit')
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async (): Promise<void> => {
    kill()
    await exited
    process.off('exit', kill)
  }
  const url = `http://127.0.0.1:${port}`
  if (!(await isReady(url, chainId, child))) {
    await stop()
    return null
  }
  return { chainId, url, stop }
}

/** The native program; its npm wrapper would be one more process, which survives a killed test run. */
function findAnvil(): string {
  const given = process.env['ANVIL']
  if (given !== undefined && given !== '') return given
  const { platform, arch } = process
  const name = `@foundry-rs/anvil-${platform}-${arch === 'x64' ? 'amd64' : arch}`
  const program = platform === 'win32' ? 'anvil.exe' : 'anvil'
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/${program}`)
  } catch {
    throw new Error(
      `The tests need anvil, an Ethereum node, and found none. Install it (\`npm install --no-save ${name}@1.7.1\`; without ` +
        '--omit=optional where that package is listed), or name one: ANVIL=/path/to/anvil npm test',
    )
  }
}

async function isReady(url: string, chainId: number, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + 20_000
  while (child.exitCode === null) {
    if ((await askChainId(url)) === `0x${chainId.toString(16)}`) return child.exitCode === null
    if (Date.now() > deadline) throw new Error('anvil did not become ready')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return false
}

async function askChainId(url: string): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] })
  try {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    return ((await response.json()) as { readonly result?: unknown }).result
  } catch {
    return null
  }
}

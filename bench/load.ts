import { Agent, request } from 'node:http'
import type { BenchWallet } from './wallet.ts'

/** Full sign-ins (nonce, sign, verify) against one server, so many at a time. Throws at the first answer that is not 200. */
export async function signInMany(
  port: number,
  wallets: readonly BenchWallet[],
  count: number,
  concurrency: number,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  let next = 0
  const worker = async () => {
    while (next < count) {
      const wallet = wallets[next % wallets.length]
      next += 1
      if (wallet !== undefined) await signIn(agent, port, wallet)
    }
  }
  try {
    await Promise.all(Array.from({ length: concurrency }, worker))
  } finally {
    agent.destroy()
  }
}

async function signIn(agent: Agent, port: number, wallet: BenchWallet): Promise<void> {
  const { nonce, siwe } = await post(agent, port, '/auth/nonce', { address: wallet.address })
  const message = [
    `${siwe.domain} wants you to sign in with your Ethereum account:`,
    wallet.address,
    '',
    siwe.statement,
    '',
    `URI: ${siwe.uri}`,
    'Version: 1',
    `Chain ID: ${siwe.chainId}`,
    `Nonce: ${nonce}`,
    `Issued At: ${siwe.issuedAt}`,
    `Expiration Time: ${siwe.expiration}`,
  ].join('\n')
  await post(agent, port, '/auth/verify', { address: wallet.address, message, signature: wallet.sign(message) })
}

// biome-ignore lint/suspicious/noExplicitAny: the shapes of three servers, used at once
function post(agent: Agent, port: number, path: string, body: object): Promise<any> {
  const payload = JSON.stringify(body)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (incoming.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Error(`${path} answered ${incoming.statusCode}: ${text}`))
      })
    })
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}

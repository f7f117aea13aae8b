import { isIPv6 } from 'node:net'
import type { Settings } from '../config/settings.ts'

/** The vendors' own test wallet: an address that anybody may ask a nonce for. */
const EXAMPLE_ADDRESS = '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A'

/** What a person reads first: where it listens, which projects there are, what was generated, and a request that works. */
export function describeStart({ server, store, projects, generated }: Settings): string {
  const base = server.publicUrl
  const host = isIPv6(server.host) ? `[${server.host}]` : server.host
  const lines = ['', `Walletgate listens on http://${host}:${server.port} (public: ${base})`]
  lines.push(store.kind === 'memory' ? 'Store: memory (REDIS_URL keeps users and sessions)' : 'Store: Redis')
  if (server.playground) lines.push(`Playground: ${base}/playground (sign in with three clicks)`)
  lines.push(`Documentation: ${base}/docs`)
  const newSecretKey = generated.find((each) => each.name === 'PROJECT_SECRET_KEY')?.value ?? null
  for (const { id, name, walletkit, moonkey, fourmica } of projects) {
    lines.push('', `Project ${id} (${name})`)
    if (walletkit !== null) {
      lines.push(`  WalletKit project ${walletkit.projectId}`, `    ${walletKitCurl(base, walletkit.projectId)}`)
    }
    if (moonkey !== null) {
      lines.push(`  MoonKey App ${moonkey.appId}`, `    ${moonKeyCurl(base, moonkey.appId, newSecretKey)}`)
    }
    if (fourmica !== null) {
      lines.push(
        `  4mica   chain ${fourmica.chainId}, domain ${fourmica.siweDomain}`,
        `    curl -s ${base}/auth/nonce -H 'content-type: application/json' -d '{"address":"${EXAMPLE_ADDRESS}"}'`,
      )
    }
  }
  if (generated.length > 0) {
    lines.push(
      '',
      'Generated for this start (set them to keep them):',
      ...generated.map(({ name, value }) => `  ${name}=${value}`),
    )
  }
  return `${lines.join('\n')}\n\n`
}

function walletKitCurl(base: string, projectId: string): string {
  const headers = `-H 'x-walletkit-project-id: ${projectId}' -H 'content-type: application/json'`
  return `curl -s ${base}/users/login-with-wallet ${headers} -d '{"sign_in_wallet":"${EXAMPLE_ADDRESS}"}'`
}

/** A secret key is shown only where this start made it up; without one, the request is one that needs none. */
function moonKeyCurl(base: string, appId: string, newSecretKey: string | null): string {
  if (newSecretKey === null) return `curl -s ${base}/v1/auth/jwks/${appId}`
  const headers = `-H 'authorization: Bearer ${newSecretKey}' -H 'content-type: application/json'`
  const body = `{"wallet_type":"ethereum","public_address":"${EXAMPLE_ADDRESS}"}`
  return `curl -s ${base}/v1/auth/wallets/registrations/begin ${headers} -d '${body}'`
}

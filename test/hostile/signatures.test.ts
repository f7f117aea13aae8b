import bs58 from 'bs58'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROJECT_HEADER } from '../adapters/walletkit/door.ts'
import { prove } from '../e2e/support/client.ts'
import { ethereumSigner, type Signer, solanaSigner } from '../support/signers.ts'
import { SMALL_ORDER_KEYS } from '../support/small-order-keys.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { ethereumForgeries, ethereumSpellings, solanaForgeries } from './support/forgeries.ts'
import { SignIns } from './support/sign-ins.ts'
import { Target } from './support/target.ts'

type Body = Readonly<Record<string, unknown>> & { readonly signature: string }

let target: Target
let signIns: SignIns
beforeAll(async () => {
  target = await Target.start('memory')
  signIns = new SignIns(target)
})
afterAll(() => target.stop())

const send = async (path: string, body: unknown): Promise<{ status: number; text: string }> => {
  const response = await fetch(`${target.origin}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${target.secretKey}`,
      [PROJECT_HEADER]: target.projectId,
    },
    body: JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}

/** Every way to sign in with a wallet: a fresh good body, and where it goes. */
const DOORS: Readonly<Record<string, { path: string; chain: 'ethereum' | 'solana'; body(): Promise<Body> }>> = {
  '4mica, Ethereum': {
    path: '/auth/verify',
    chain: 'ethereum',
    body: () => prove(target.port, newEthereumWallet()),
  },
  'MoonKey by message, Ethereum': {
    path: '/v1/auth/wallets/siwe/verify',
    chain: 'ethereum',
    body: async () => (await signIns.proveToMoonKey(ethereumSigner())) as Body,
  },
  'MoonKey by message, Solana': {
    path: '/v1/auth/wallets/siwe/verify',
    chain: 'solana',
    body: async () => (await signIns.proveToMoonKey(solanaSigner())) as Body,
  },
  'MoonKey by challenge, Ethereum': {
    path: '/v1/auth/wallets/verify',
    chain: 'ethereum',
    body: () => proveByChallenge(ethereumSigner()),
  },
  'MoonKey by challenge, Solana': {
    path: '/v1/auth/wallets/verify',
    chain: 'solana',
    body: () => proveByChallenge(solanaSigner()),
  },
  'WalletKit, Ethereum': {
    path: '/users/verify-login',
    chain: 'ethereum',
    body: async () => (await signIns.proveToWalletKit(ethereumSigner())) as Body,
  },
  'WalletKit, Solana': {
    path: '/users/verify-login',
    chain: 'solana',
    body: async () => (await signIns.proveToWalletKit(solanaSigner())) as Body,
  },
}

async function proveByChallenge(signer: Signer): Promise<Body> {
  const registration = { wallet_type: signer.type, public_address: signer.address }
  const { challenge } = await signIns.moonkeyCall('POST', 'wallets/registrations/begin', registration)
  return { ...registration, signature: await signer.sign(String(challenge)) }
}

describe.each(Object.entries(DOORS))('forged signatures: %s', (_, { path, chain, body: prepare }) => {
  const forgeriesOf = chain === 'ethereum' ? ethereumForgeries : solanaForgeries

  it('each is refused and repeated by no answer; then the good one signs in, once', async () => {
    const body = await prepare()
    const { signature } = body
    for (const [name, forged] of Object.entries(forgeriesOf(signature))) {
      expect(forged, name).not.toBe(signature)
      const { status, text } = await send(path, { ...body, signature: forged })
      expect([400, 401], `${name}: ${status} ${text}`).toContain(status)
      if (forged.length > 8) expect(text).not.toContain(forged.slice(2, 40))
    }
    expect((await send(path, body)).status).toBe(200)
    expect((await send(path, body)).status).toBeGreaterThanOrEqual(400)
  })

  it('of another wallet, or of another text, is refused', async () => {
    const [body, other] = [await prepare(), await prepare()]
    expect((await send(path, { ...body, signature: other.signature })).status).toBeGreaterThanOrEqual(400)
    expect((await send(path, body)).status).toBe(200)
    expect((await send(path, other)).status).toBe(200)
  })
})

const ON_ETHEREUM = Object.entries(DOORS).filter(([, { chain }]) => chain === 'ethereum')

describe.each(ON_ETHEREUM)('spellings of a signature: %s', (_, { path, body: prepare }) => {
  it('another spelling of the same signature is the same sign-in, not a second one', async () => {
    const first = await prepare()
    for (const name of Object.keys(ethereumSpellings(first.signature))) {
      const body = await prepare()
      const spellings = ethereumSpellings(body.signature)
      expect((await send(path, { ...body, signature: spellings[name] })).status, name).toBe(200)
      for (const again of Object.values(spellings)) {
        expect((await send(path, { ...body, signature: again })).status).toBeGreaterThanOrEqual(400)
      }
    }
  })
})

it.each(Object.entries(SMALL_ORDER_KEYS))(
  'a Solana key of small order (%s), for which a constant signature passes elsewhere, signs nothing',
  async (_, key) => {
    const signer: Signer = {
      ...solanaSigner(),
      address: bs58.encode(Buffer.from(key, 'hex')),
      sign: async () => bs58.encode(Buffer.from(`01${'00'.repeat(63)}`, 'hex')),
    }
    // A nonce may be had for any address: it proves nothing.
    const bodies = {
      '/v1/auth/wallets/siwe/verify': await signIns.proveToMoonKey(signer),
      '/v1/auth/wallets/verify': await proveByChallenge(signer),
      '/users/verify-login': await signIns.proveToWalletKit(signer),
    }
    for (const [path, body] of Object.entries(bodies)) {
      for (const signature of [body['signature'], bs58.encode(Buffer.from(key + '00'.repeat(32), 'hex'))]) {
        expect(`${path} ${(await send(path, { ...body, signature })).status}`).toBe(`${path} 400`)
      }
    }
  },
)

it('nothing of it was a crash, or is in the log', async () => {
  const lines = await target.logged()
  expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([])
  expect(target.complaints).toBe('')
})

import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Keypair, PublicKey, TransactionInstruction, TransactionMessage } from '@solana/web3.js'
import bs58 from 'bs58'
import type { Wallet } from 'ethers'
import nacl from 'tweetnacl'
import { vi } from 'vitest'
import type { Dialect } from '../../../src/cli/explain/dialects.ts'
import type { Explanation } from '../../../src/cli/explain/explanation.ts'
import { explainCommand } from '../../../src/cli/explain.ts'
import { loadProcessSettings } from '../../../src/cli/settings.ts'
import type { ProjectSettings } from '../../../src/config/settings.ts'
import { openTestGateway, openTestStores, type TestGateway } from '../../support/gateway.ts'
import { ORIGIN } from '../../support/origin.ts'
import { formatSignInText, type SignInText } from '../../support/sign-in-text.ts'
import { newEthereumWallet } from '../../support/wallets.ts'

export const DOMAIN = 'app.example.test'
export const STATEMENT = 'Sign in to 4mica.'
export const MINUTE_MS = 60_000

/** A wallet of either chain: it can sign as wallets do, and bytes as they should not. */
export interface Signer {
  readonly type: 'ethereum' | 'solana'
  readonly address: string
  sign(text: string): Promise<string>
}

export interface EthereumSigner extends Signer {
  readonly wallet: Wallet
}

export function ethereum(wallet = newEthereumWallet()): EthereumSigner {
  return { type: 'ethereum', address: wallet.address, wallet, sign: (text) => wallet.signMessage(text) }
}

export interface SolanaSigner extends Signer {
  readonly keypair: Keypair
  signBytes(bytes: Uint8Array): Uint8Array
  /** A transaction that says this text, signed, in base64. */
  signMemo(text: string, blockhash?: string): string
}

const MEMO = new PublicKey('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr')

export function solana(keypair = Keypair.generate()): SolanaSigner {
  const signBytes = (bytes: Uint8Array) => nacl.sign.detached(bytes, keypair.secretKey)
  return {
    type: 'solana',
    address: keypair.publicKey.toBase58(),
    keypair,
    signBytes,
    sign: async (text) => bs58.encode(signBytes(Buffer.from(text, 'utf8'))),
    signMemo(text, recentBlockhash = '1'.repeat(32)) {
      const memo = new TransactionInstruction({ programId: MEMO, keys: [], data: Buffer.from(text, 'utf8') })
      const message = new TransactionMessage({ payerKey: keypair.publicKey, recentBlockhash, instructions: [memo] })
      const bytes = Buffer.from(message.compileToLegacyMessage().serialize())
      return Buffer.concat([Buffer.of(1), signBytes(bytes), bytes]).toString('base64')
    },
  }
}

/** What a client sends to sign in. */
export interface SignIn {
  readonly dialect: Dialect
  readonly type: Signer['type']
  readonly text: string
  readonly signature: string
  /** As the request names the wallet. */
  readonly address: string
  readonly userId?: string
}

/** How a sign-in departs from one that works. */
export interface Departure {
  readonly fields?: Partial<SignInText>
  /** Changes the text before it is signed. */
  readonly built?: (text: string) => string
  /** Changes the text after it was signed. */
  readonly sent?: (text: string) => string
  /** Signs instead of the wallet. */
  readonly sign?: (text: string) => string | Promise<string>
  /** Whether the signature is one that the case is about: most cases take any. */
  readonly fits?: (signature: string) => boolean
  /** Changes the signature on its way. */
  readonly spelled?: (signature: string) => string
  /** What the request names in place of the wallet. */
  readonly address?: string
  readonly userId?: string
}

export interface Ran {
  readonly exitCode: unknown
  readonly stdout: string
}

/** The settings of a deployment with Redis and one project, a server that runs by them, and the command beside it. */
export class ExplainKit {
  readonly gateway: TestGateway
  readonly project: ProjectSettings
  readonly #folder = mkdtempSync(join(tmpdir(), 'walletgate-explain-'))

  private constructor(gateway: TestGateway, project: ProjectSettings) {
    this.gateway = gateway
    this.project = project
  }

  /** Sets the environment of this process; `close` puts it back. */
  static async open(redisUrl: string, env: Readonly<Record<string, string>> = {}): Promise<ExplainKit> {
    stubEnv({ REDIS_URL: redisUrl, ...deploymentEnv(), ...env })
    const { projects } = loadProcessSettings()
    const gateway = await openTestGateway({ projects, stores: openTestStores('redis', redisUrl) })
    return new ExplainKit(gateway, projects[0])
  }

  async close(): Promise<void> {
    vi.unstubAllEnvs()
    rmSync(this.#folder, { recursive: true, force: true })
    await this.gateway.close()
  }

  get now(): Date {
    return this.gateway.clock.now()
  }

  /** Asks the server for a nonce, as clients of the dialect do. */
  async nonceFor(dialect: Dialect, { type, address }: Pick<Signer, 'type' | 'address'>) {
    const requests = {
      '4mica': ['/auth/nonce', { address }],
      moonkey: ['/v1/auth/wallets/registrations/nonce', { wallet_type: type, public_address: address }],
      walletkit: ['/users/login-with-wallet', { sign_in_wallet: address }],
    } as const
    const [path, body] = requests[dialect]
    const { nonce, user_id: userId } = await this.#post(dialect, path, body)
    return { nonce: String(nonce), userId: String(userId) }
  }

  /** Asks the server for a text to sign. */
  async challengeFor({ type, address }: Pick<Signer, 'type' | 'address'>): Promise<string> {
    const path = '/v1/auth/wallets/registrations/begin'
    return String((await this.#post('moonkey', path, { wallet_type: type, public_address: address }))['challenge'])
  }

  /** What a client would send, up to its departure. */
  async prepare(dialect: Dialect, signer: Signer, departure: Departure = {}): Promise<SignIn> {
    const { fields, built = same, sent = same, sign = signer.sign, spelled = same, fits, address, userId } = departure
    const nonce = fields?.nonce ?? (await this.nonceFor(dialect, signer)).nonce
    const text = built(
      formatSignInText(signer.type, {
        domain: DOMAIN,
        address: signer.address,
        statement: STATEMENT,
        uri: ORIGIN,
        chainId: 1,
        issuedAt: this.now.toISOString(),
        expiration: null,
        notBefore: null,
        requestId: null,
        ...fields,
        nonce,
      }),
    )
    const signature = await sign(text)
    // Another nonce, another signature.
    if (fits?.(signature) === false) return this.prepare(dialect, signer, departure)
    return {
      dialect,
      type: signer.type,
      text: sent(text),
      signature: spelled(signature),
      address: address ?? signer.address,
      ...(userId !== undefined && { userId }),
    }
  }

  /** Runs the command in this process. */
  async run(...args: readonly string[]): Promise<Ran> {
    let stdout = ''
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      stdout += String(text)
      return true
    })
    const before = process.exitCode
    try {
      await explainCommand().exitOverride().parseAsync(args, { from: 'user' })
      return { exitCode: process.exitCode, stdout }
    } finally {
      process.exitCode = before
      spy.mockRestore()
    }
  }

  /** The arguments that describe this sign-in, at the server's time. */
  argsFor({ dialect, text, signature, address, userId }: SignIn): readonly string[] {
    const message = this.file(text)
    const now = this.now.toISOString()
    return [
      ...['--dialect', dialect, `--message=${message}`, `--signature=${signature}`, '--now', now],
      ...(dialect === 'walletkit' ? [] : [`--address=${address}`]),
      ...(userId === undefined ? [] : ['--user-id', userId]),
    ]
  }

  async explain(signIn: SignIn, ...more: readonly string[]): Promise<Explanation & { readonly exitCode: unknown }> {
    const { exitCode, stdout } = await this.run(...this.argsFor(signIn), '--json', ...more)
    return { ...(JSON.parse(stdout) as Explanation), exitCode }
  }

  /** Signs in at the server: `accepted`, or code and reason of its log line. */
  async signIn({ dialect, type, text, signature, address, userId }: SignIn): Promise<string> {
    const requests = {
      '4mica': ['/auth/verify', { address, message: text, signature }],
      moonkey: text.startsWith('Login for ')
        ? ['/v1/auth/wallets/verify', { wallet_type: type, public_address: address, signature }]
        : [
            '/v1/auth/wallets/siwe/verify',
            { wallet_type: type, public_address: address, siwe_challenge: text, signature },
          ],
      walletkit: ['/users/verify-login', { siwe_message: text, signature, user_id: userId ?? null }],
    } as const
    const [path = '', body = {}] = requests[dialect] as readonly [string, object]
    await this.#post(dialect, path, body)
    const line = this.gateway.logs.at(-1)
    return line?.['msg'] === 'answered' ? 'accepted' : `${line?.['code']}: ${line?.['reason']}`
  }

  /** A file with exactly this in it. */
  file(content: string | Uint8Array): string {
    const path = join(this.#folder, randomUUID())
    writeFileSync(path, content)
    return path
  }

  async #post(dialect: Dialect, path: string, body: object): Promise<Record<string, unknown>> {
    const headers = {
      '4mica': {},
      moonkey: { authorization: `Bearer ${this.project.moonkey?.secretKeys[0]}` },
      walletkit: { 'x-walletkit-project-id': String(this.project.walletkit?.projectId) },
    }[dialect]
    const response = await this.gateway.app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return (await response.json()) as Record<string, unknown>
  }
}

function same(text: string): string {
  return text
}

/** Everything that Redis demands, and a project that no other test uses. */
export function deploymentEnv(): Record<string, string> {
  return {
    WALLETGATE_SECRET: randomBytes(32).toString('hex'),
    PROJECT_ID: `explain-${randomUUID()}`,
    PROJECT_SECRET_KEY: `sk_test_${randomBytes(24).toString('hex')}`,
    AUTH_JWT_SECRET: randomBytes(32).toString('hex'),
    PUBLIC_URL: 'https://auth.example.test',
    ALLOWED_ORIGINS: ORIGIN,
    AUTH_SIWE_DOMAIN: DOMAIN,
    AUTH_SIWE_URI: ORIGIN,
    AUTH_SIWE_STATEMENT: STATEMENT,
    CHAIN_ID: '1',
  }
}

export function stubEnv(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
}

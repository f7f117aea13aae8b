import { randomUUID } from 'node:crypto'
import type { Wallet } from 'ethers'
import type { z } from 'zod'
import { NonceReply, TokenReply } from '../../../adapters/fourmica/schemas.ts'
import type { Account } from '../../../core/accounts/account.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import type { FourMicaSettings, ProjectSettings } from '../../../src/config/settings.ts'
import { type Answer, ApiClient, type ApiRequest } from '../../support/api-client.ts'
import { TestClock } from '../../support/clock.ts'
import { openTestGateway, type TestGateway } from '../../support/gateway.ts'
import { SpecCheck } from '../../support/spec-check.ts'
import { type EthereumMessageFields, formatEthereumMessage, newEthereumWallet } from '../../support/wallets.ts'

const SPEC = new SpecCheck('4mica.openapi.yaml', 'FourMicaErrorReply')

/** When the clock of a door stands still at first: the time of the digest's vectors. */
export const START = new Date('2026-06-22T10:00:00.000Z')

export const SECRET = '0123456789abcdef0123456789abcdef'

const FOURMICA: FourMicaSettings = {
  hosts: [],
  chainId: 84532,
  jwtSecret: SECRET,
  jwtIssuer: '4mica-core',
  jwtAudience: '4mica',
  siweDomain: 'auth.example.test',
  siweUri: 'https://auth.example.test',
  siweStatement: 'Sign in to 4mica.',
  nonceTtlSeconds: 300,
  accessTtlSeconds: 900,
  refreshTtlSeconds: 2_592_000,
}

/** A project that only this test knows, with a 4mica face. */
export function fourMicaProject(section: Partial<FourMicaSettings> = {}): ProjectSettings {
  return {
    id: `test-${randomUUID()}`,
    name: 'Test',
    allowedOrigins: ['https://auth.example.test'],
    wildcardOrigins: [],
    allowLocalhost: false,
    evmRpcUrls: {},
    allowedFactories: null,
    walletkit: null,
    moonkey: null,
    fourmica: { ...FOURMICA, ...section },
  }
}

export type Tokens = z.infer<typeof TokenReply>
export type Template = z.infer<typeof NonceReply>
/** The body of `/auth/verify`. */
export interface Proof {
  readonly address: string
  readonly message: string
  readonly signature: string
}

/** How a proof departs from what a client makes of the template. */
export interface Departure {
  /** Other values in the message than the template's. */
  readonly fields?: Partial<EthereumMessageFields>
  /** Rewrites the message before it is signed. */
  readonly edit?: (message: string) => string
  /** Signs instead of the wallet itself. */
  readonly signer?: Wallet
  /** Rewrites the signature. */
  readonly resign?: (signature: string) => string
  /** The `address` of the body, where it differs. */
  readonly address?: string
  readonly template?: Template
}

/** The 4mica endpoints of one gateway, every answer of which is checked, and a client's way through them. */
export class FourMicaDoor {
  readonly gateway: TestGateway
  readonly project: ProjectSettings
  readonly clock: TestClock
  readonly #client: ApiClient
  readonly #headers: Readonly<Record<string, string>>

  constructor(gateway: TestGateway, project: ProjectSettings, host: string | null = null) {
    this.gateway = gateway
    this.project = project
    this.clock = gateway.clock
    this.#client = new ApiClient(gateway.app, SPEC)
    this.#headers = host === null ? {} : { host }
  }

  get logs(): readonly Record<string, unknown>[] {
    return this.gateway.logs
  }

  /** Code and reason of the newest log line: why the last request was refused. */
  get lastRefusal(): string {
    const line = this.gateway.logs.at(-1)
    return `${line?.['code']}: ${line?.['reason']}`
  }

  send(path: string, request: ApiRequest = {}): Promise<Answer> {
    return this.#client.send(path, { ...request, headers: { ...this.#headers, ...request.headers } })
  }

  post(path: string, value: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.#client.post(path, value, { ...this.#headers, ...headers })
  }

  /** The same endpoints under another `Host`. */
  at(host: string, project: ProjectSettings = this.project): FourMicaDoor {
    return new FourMicaDoor(this.gateway, project, host)
  }

  account(wallet: Wallet): Account {
    return this.gateway.core.parseAccount('eip155', wallet.address)
  }

  async requestTemplate(address: string): Promise<Template> {
    return NonceReply.parse(require200(await this.post('/auth/nonce', { address })).body)
  }

  /** Asks for a nonce and signs what a client would, but for the departure. */
  async prove(wallet: Wallet, departure: Departure = {}): Promise<Proof> {
    const { nonce, siwe } = departure.template ?? (await this.requestTemplate(wallet.address))
    const canonical = formatEthereumMessage({
      domain: siwe.domain,
      address: wallet.address,
      statement: siwe.statement,
      uri: siwe.uri,
      version: '1',
      chainId: siwe.chain_id,
      nonce,
      issuedAt: siwe.issued_at,
      expiration: siwe.expiration,
      ...departure.fields,
    })
    const message = departure.edit?.(canonical) ?? canonical
    const signature = await (departure.signer ?? wallet).signMessage(message)
    return {
      address: departure.address ?? wallet.address,
      message,
      signature: departure.resign?.(signature) ?? signature,
    }
  }

  verify(proof: Proof): Promise<Answer> {
    return this.post('/auth/verify', proof)
  }

  async signIn(wallet: Wallet = newEthereumWallet()): Promise<Tokens> {
    return readTokens(await this.verify(await this.prove(wallet)))
  }

  refresh(refreshToken: unknown): Promise<Answer> {
    return this.post('/auth/refresh', { refresh_token: refreshToken })
  }

  logout(refreshToken: unknown): Promise<Answer> {
    return this.post('/auth/logout', { refresh_token: refreshToken })
  }
}

/** The tokens of an answer that has to be 200. */
export function readTokens(answer: Answer): Tokens {
  return TokenReply.parse(require200(answer).body)
}

function require200(answer: Answer): Answer {
  if (answer.status !== 200) throw new Error(`expected 200, got ${answer.status}: ${answer.text.slice(0, 300)}`)
  return answer
}

/** A gateway with one project, on a clock that stands at `START`. */
export async function openDoor(stores: Stores, section: Partial<FourMicaSettings> = {}): Promise<FourMicaDoor> {
  const project = fourMicaProject(section)
  const gateway = await openTestGateway({ projects: [project], stores, clock: new TestClock(START) })
  return new FourMicaDoor(gateway, project)
}

/** The claims of a token, unverified: for tests that are about something else. */
export function claimsOf({ access_token }: Tokens): Record<string, unknown> {
  return JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<
    string,
    unknown
  >
}

import { createHmac, randomBytes } from 'node:crypto'
import { Agent } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { type BenchWallet, createEthereumWallet } from '../../../bench/wallet.ts'
import { type Reply, sendThrough } from './agent-poster.ts'
import type { LoadProject } from './load-project.ts'

const PAUSE_MS = 10

export const DIALECTS = ['walletkit', 'moonkey', '4mica'] as const
export type DialectName = (typeof DIALECTS)[number]

/** Who signs in to what. */
export interface LoadTarget {
  readonly port: number
  readonly publicUrl: string
  readonly project: LoadProject
  readonly dialect: DialectName
  /** Of MoonKey: shown instead of the one in the file. */
  readonly apiKey?: string
}

/** What a sign-in resulted in. */
export interface Token {
  readonly jwt: string
  readonly kid: string | undefined
}

/**
 * One client on one connection, which signs in again and again, each time as somebody new, and shows each token where the dialect takes
 * it. It never tries anything twice: an answer that is not the right one, or a connection that ends, ends it with an error.
 */
export class LoadClient {
  readonly target: LoadTarget
  /** The first token, and the one after the last look. */
  first: Token | null = null
  last: Token | null = null
  /**
   * Of its API key. `live`: nothing may be refused. `ended`: whatever is sent from then on must be refused. Between the two a server may
   * do either.
   */
  key: 'live' | 'ending' | 'ended' = 'live'
  signIns = 0
  /** Of a key that was not `live` any more. */
  refusals = 0
  /** The id of the last of them. */
  lastRefusal = ''
  connections = 0
  readonly #agent: Agent
  #isStopped = false
  #isUnknownKeyDue = false
  #watch: () => void = () => {}
  readonly done: Promise<void>

  /** @param limit signs in so many times only */
  constructor(target: LoadTarget, limit = Number.POSITIVE_INFINITY) {
    this.target = target
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const { createConnection } = this.#agent
    this.#agent.createConnection = (...args: Parameters<typeof createConnection>) => {
      this.connections += 1
      return createConnection.apply(this.#agent, args)
    }
    this.done = this.#run(limit).finally(() => this.#watch())
  }

  /** Resolves after so many more sign-ins, or refusals that were due; rejects when the client has failed. */
  async more(count: number): Promise<void> {
    const wanted = this.signIns + this.refusals + count
    await Promise.race([
      new Promise<void>((resolve) => {
        this.#watch = () => this.signIns + this.refusals >= wanted && resolve()
        this.#watch()
      }),
      this.done.then(() => Promise.reject(new Error('the client was stopped'))),
    ])
  }

  /** Shows a token under a key nobody has, over this connection: the server looks whether it missed a rotation. */
  showUnknownKey(): void {
    this.#isUnknownKeyDue = true
  }

  /** Lets it finish what it is at; the connection stays. Rejects with what went wrong, if anything did. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.done
  }

  close(): void {
    this.#agent.destroy()
  }

  async #run(limit: number): Promise<void> {
    while (!this.#isStopped && this.signIns < limit) {
      if (this.#isUnknownKeyDue) await this.#sendUnknownKey()
      try {
        this.#note(await this.#signIn(createEthereumWallet(randomBytes(32))))
      } catch (error) {
        if (!(error instanceof KeyRefused)) throw error
        this.refusals += 1
        this.lastRefusal = error.requestId
      }
      this.#watch()
      // So that several clients load a server, and leave something of a small machine to it.
      await setTimeout(PAUSE_MS)
    }
  }

  #note(jwt: string): void {
    const { header, claims } = readJwt(jwt)
    this.#requireOwn(claims)
    this.last = { jwt, kid: header['kid'] as string | undefined }
    this.first ??= this.last
    this.signIns += 1
  }

  #signIn(wallet: BenchWallet): Promise<string> {
    const { dialect } = this.target
    if (dialect === 'walletkit') return this.#signInToWalletKit(wallet)
    return dialect === 'moonkey' ? this.#signInToMoonKey(wallet) : this.#signInTo4mica(wallet)
  }

  async #signInToWalletKit(wallet: BenchWallet): Promise<string> {
    const { project } = this.target
    const { nonce } = await this.#post('/users/login-with-wallet', { sign_in_wallet: wallet.address })
    const siwe_message = textOf(wallet, {
      domain: new URL(project.origin).host,
      statement: 'Sign in.',
      uri: project.origin,
      chainId: 1,
      nonce,
      issuedAt: new Date().toISOString(),
      expiration: null,
    })
    const { access_token } = await this.#post('/users/verify-login', {
      siwe_message,
      signature: wallet.sign(siwe_message),
    })
    const jwt = String(access_token)
    await this.accepts(jwt)
    return jwt
  }

  async #signInToMoonKey(wallet: BenchWallet): Promise<string> {
    const who = { wallet_type: 'ethereum', public_address: wallet.address }
    const { challenge } = await this.#post('/v1/auth/wallets/registrations/begin', who)
    const signature = wallet.sign(String(challenge))
    const { session_jwt } = await this.#post('/v1/auth/wallets/verify', { ...who, signature, session_expires_in: 60 })
    const jwt = String(session_jwt)
    await this.accepts(jwt)
    return jwt
  }

  async #signInTo4mica(wallet: BenchWallet): Promise<string> {
    const { address } = wallet
    const { nonce, siwe } = await this.#post('/auth/nonce', { address })
    const terms = siwe as Record<string, unknown>
    const message = textOf(wallet, {
      domain: terms['domain'],
      statement: terms['statement'],
      uri: terms['uri'],
      chainId: terms['chain_id'],
      nonce,
      issuedAt: terms['issued_at'],
      expiration: terms['expiration'],
    })
    const signedIn = await this.#post('/auth/verify', { address, message, signature: wallet.sign(message) })
    await this.#post('/auth/refresh', { refresh_token: signedIn['refresh_token'] })
    const jwt = String(signedIn['access_token'])
    await this.accepts(jwt)
    return jwt
  }

  /** Throws when the server does not accept this token; for 4mica, whose resource server judges it, when its signature is wrong. */
  async accepts(jwt: string): Promise<void> {
    const { dialect, project } = this.target
    if (dialect === 'walletkit') {
      require200('/wallets', await this.#send('GET', '/wallets', undefined, { authorization: `Bearer ${jwt}` }))
    } else if (dialect === 'moonkey') {
      await this.#post('/v1/auth/sessions/verify', { session_jwt: jwt })
    } else {
      const dot = jwt.lastIndexOf('.')
      const expected = createHmac('sha256', project.jwtSecret).update(jwt.slice(0, dot)).digest('base64url')
      if (jwt.slice(dot + 1) !== expected) throw new Error('a 4mica token is not signed with the secret of its project')
    }
  }

  async #sendUnknownKey(): Promise<void> {
    this.#isUnknownKeyDue = false
    const { last } = this
    if (last?.kid === undefined) return
    const { header } = readJwt(last.jwt)
    const forged = Buffer.from(JSON.stringify({ ...header, kid: randomBytes(32).toString('base64url') }))
    const jwt = last.jwt.replace(/^[^.]+/, forged.toString('base64url'))
    const refused = await this.accepts(jwt).then(
      () => false,
      (error: unknown) => error instanceof UnexpectedAnswer && error.status >= 400 && error.status < 500,
    )
    if (!refused) throw new Error('a token under an unknown key was not refused')
  }

  /** A token of another project, or of another issuer, would be a wrong answer. */
  #requireOwn({ iss }: Readonly<Record<string, unknown>>): void {
    const { publicUrl, project, dialect } = this.target
    const own = {
      walletkit: `${publicUrl}/${project.id}`,
      moonkey: `${publicUrl}/${project.appId}`,
      '4mica': project.jwtIssuer,
    }
    if (iss !== own[dialect]) throw new Error(`a token of ${String(iss)} instead of ${own[dialect]}`)
  }

  async #post(path: string, body: object): Promise<Readonly<Record<string, unknown>>> {
    return require200(path, await this.#send('POST', path, body, {}))
  }

  async #send(method: string, path: string, body: object | undefined, more: Record<string, string>): Promise<Reply> {
    const { port, project, dialect, apiKey = project.secretKey } = this.target
    const own: Record<DialectName, Record<string, string>> = {
      walletkit: { 'x-walletkit-project-id': project.id, origin: project.origin },
      moonkey: { authorization: `Bearer ${apiKey}` },
      '4mica': { host: project.host },
    }
    const keyWhenSent = this.key
    const reply = await sendThrough(this.#agent, port, method, path, { ...own[dialect], ...more }, body)
    // MoonKey digest §7.21: 401 only for the API key.
    if (this.key !== 'live' && reply.status === 401) throw new KeyRefused(reply)
    if (keyWhenSent === 'ended') throw new Error(`${path} answered ${reply.status} to an API key that has ended`)
    return reply
  }
}

class KeyRefused extends Error {
  readonly requestId: string
  constructor({ requestId }: Reply) {
    super('the API key is refused')
    this.requestId = requestId
  }
}

class UnexpectedAnswer extends Error {
  readonly status: number
  constructor(path: string, { status, body }: Reply) {
    super(`${path} answered ${status}: ${JSON.stringify(body)}`)
    this.status = status
  }
}

function require200(path: string, reply: Reply): Readonly<Record<string, unknown>> {
  if (reply.status !== 200) throw new UnexpectedAnswer(path, reply)
  return reply.body
}

/** Header and claims of a JWT, unverified. */
function readJwt(jwt: string) {
  const read = (part: string | undefined) =>
    JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Record<string, unknown>
  const [header, claims] = jwt.split('.')
  return { header: read(header), claims: read(claims) }
}

function textOf({ address }: BenchWallet, fields: Readonly<Record<string, unknown>>): string {
  return [
    `${fields['domain']} wants you to sign in with your Ethereum account:`,
    address,
    '',
    fields['statement'],
    '',
    `URI: ${fields['uri']}`,
    'Version: 1',
    `Chain ID: ${fields['chainId']}`,
    `Nonce: ${fields['nonce']}`,
    `Issued At: ${fields['issuedAt']}`,
    ...(fields['expiration'] === null ? [] : [`Expiration Time: ${fields['expiration']}`]),
  ].join('\n')
}

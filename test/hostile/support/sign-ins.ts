import { PROJECT_HEADER } from '../../adapters/walletkit/door.ts'
import { signIn as signInToFourMica } from '../../e2e/support/client.ts'
import { formatSignInText } from '../../support/sign-in-text.ts'
import { ethereumSigner, type Signer, solanaSigner } from '../../support/signers.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import type { Target } from './target.ts'

type Fields = Readonly<Record<string, unknown>>

/** An honest client of every dialect of a target, over `fetch`. Whatever is not a success is an error. */
export class SignIns {
  readonly #target: Target

  constructor(target: Target) {
    this.#target = target
  }

  async fourmica(): Promise<Fields> {
    return (await signInToFourMica(this.#target.port, newEthereumWallet())) as Fields
  }

  /** The body of `wallets/siwe/verify`, signed. */
  async proveToMoonKey(signer: Signer): Promise<Fields> {
    const registration = { wallet_type: signer.type, public_address: signer.address }
    const { nonce } = await this.moonkeyCall('POST', 'wallets/registrations/nonce', registration)
    const message = this.#text(signer, String(nonce))
    return { ...registration, siwe_challenge: message, signature: await signer.sign(message) }
  }

  /** With a session of an hour. */
  async moonkey(signer: Signer = ethereumSigner()): Promise<Fields> {
    const proof = await this.proveToMoonKey(signer)
    return this.moonkeyCall('POST', 'wallets/siwe/verify', { ...proof, session_expires_in: 60 })
  }

  /** With the secret key. @param path below `/v1/auth/` */
  moonkeyCall(method: string, path: string, body: Fields | null): Promise<Fields> {
    return this.#call(method, `/v1/auth/${path}`, body, { authorization: `Bearer ${this.#target.secretKey}` })
  }

  /** The body of `verify-login`, signed. */
  async proveToWalletKit(signer: Signer): Promise<Fields> {
    const { nonce } = await this.walletkitCall('/users/login-with-wallet', { sign_in_wallet: signer.address })
    const message = this.#text(signer, String(nonce))
    return { siwe_message: message, signature: await signer.sign(message) }
  }

  async walletkit(signer: Signer = solanaSigner()): Promise<Fields> {
    return this.walletkitCall('/users/verify-login', await this.proveToWalletKit(signer))
  }

  walletkitCall(path: string, body: Fields | null): Promise<Fields> {
    return this.#call('POST', path, body, { [PROJECT_HEADER]: this.#target.projectId })
  }

  #text(signer: Signer, nonce: string): string {
    const { appOrigin } = this.#target
    return formatSignInText(signer.type, {
      domain: new URL(appOrigin).host,
      address: signer.address,
      statement: 'Sign in.',
      uri: appOrigin,
      chainId: 1,
      nonce,
      issuedAt: new Date().toISOString(),
      expiration: null,
      notBefore: null,
      requestId: null,
    })
  }

  async #call(method: string, path: string, body: Fields | null, headers: Readonly<Record<string, string>>) {
    const response = await fetch(`${this.#target.origin}${path}`, {
      method,
      headers: { ...headers, ...(body === null ? {} : { 'content-type': 'application/json' }) },
      body: body === null ? null : JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    return (text === '' ? {} : JSON.parse(text)) as Fields
  }
}

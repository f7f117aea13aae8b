import { Wallet as EthersWallet } from 'ethers'
import { SiweMessage } from 'siwe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ORIGIN } from '../../support/origin.ts'
import { ethereumSigner, SIGNERS, type Signer, solanaSigner } from '../../support/signers.ts'
import { newPrivateKey } from '../../support/wallets.ts'
import {
  type Body,
  bodyOf,
  decodeJwt,
  firstOf,
  type MessageDeparture,
  MINUTE_MS,
  openWalletKit,
  readSession,
  refusalOf,
  type WalletKitDoor,
  walletKitProject,
} from './door.ts'

const TWO = 'https://two.example.test'

describe.each(STORES)('WalletKit sign-in with wallets on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: WalletKitDoor
  let other: WalletKitDoor
  let close: () => Promise<void>
  beforeAll(async () => {
    const projects = [walletKitProject({}, { allowedOrigins: [ORIGIN, TWO] }), walletKitProject()]
    const opened = await openWalletKit(store, stores, { projects })
    ;({ close } = opened)
    door = firstOf(opened.doors)
    other = firstOf(opened.doors.slice(1))
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  const attempt = async (signer: Signer, departure: MessageDeparture) =>
    door.verify(await door.prove(signer, departure))
  /** A refusal spends nothing: what is right still signs in, afterwards, with the nonce that was there before. */
  const requireUnspent = async (signer: Signer, nonce: string) =>
    readSession(await door.verify(await door.prove(signer, { nonce })))

  it('WK-14: the siwe library’s message and the ethers wallet’s signature sign in', async () => {
    const wallet = new EthersWallet(newPrivateKey())
    const { user_id, nonce } = bodyOf(await door.loginWithWallet(wallet.address))
    const message = new SiweMessage({
      domain: new URL(ORIGIN).host,
      address: wallet.address,
      statement: 'Sign in with Ethereum to the app.',
      uri: `${ORIGIN}/login?next=%2F#top`,
      version: '1',
      chainId: 8453,
      nonce: String(nonce),
      expirationTime: new Date(door.clock.now().getTime() + 60_000).toISOString(),
      notBefore: door.clock.now().toISOString(),
      requestId: 'r-1',
      resources: [
        'https://example.com/my-claim',
        'ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/',
      ],
    }).prepareMessage()
    const session = readSession(
      await door.verify({ siwe_message: message, signature: await wallet.signMessage(message) }),
    )
    expect(session.user_id).toBe(user_id)
    expect(decodeJwt(session.access_token).claims).toMatchObject({
      sub: user_id,
      siwe_wallet_address: wallet.address,
      has_passkey_credentials: false,
    })
  })

  it('WK-14: the nonce is alphanumeric, long, and another one each time', async () => {
    const signer = ethereumSigner()
    const nonces = await Promise.all(Array.from({ length: 20 }, () => door.nonceFor(signer)))
    for (const { nonce } of nonces) expect(nonce).toMatch(/^[A-Za-z0-9]{16,}$/)
    expect(new Set(nonces.map(({ nonce }) => nonce)).size).toBe(20)
    expect(new Set(nonces.map(({ user_id }) => user_id)).size).toBe(1)
  })

  describe.each(Object.entries(SIGNERS))('%s', (_, newSigner) => {
    it('WK-14: a nonce signs in once; the message shown again is 400', async () => {
      const signer = newSigner()
      const proof = await door.prove(signer)
      const session = readSession(await door.verify(proof))
      for (let times = 0; times < 3; times += 1) expect(refusalOf(await door.verify(proof))).toBe('400 nonce_invalid')
      // Nor does its nonce in another message.
      const nonce = String(/Nonce: (\S+)/.exec(proof.siwe_message)?.[1])
      expect(refusalOf(await attempt(signer, { nonce, statement: 'Again.' }))).toBe('400 nonce_invalid')
      expect(await door.statusOf(session)).toBe(200)
    })

    it('WK-14: of twenty racers with one message one signs in, and one session results', async () => {
      const signer = newSigner()
      const proof = await door.prove(signer)
      const answers = await Promise.all(Array.from({ length: 20 }, () => door.verify(proof)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(answers.filter((answer) => refusalOf(answer) === '400 nonce_invalid')).toHaveLength(19)
      const { user_id } = readSession(firstOf(answers.filter(({ status }) => status === 200)))
      const live = await stores.sessions.list(door.project.id, user_id, door.clock.now())
      expect(live).toHaveLength(1)
    })

    it('WK-14: a nonce is good for ten minutes', async () => {
      const signer = newSigner()
      const [early, late] = [await door.prove(signer), await door.prove(signer)]
      door.clock.advance(10 * MINUTE_MS - 1)
      readSession(await door.verify(early))
      door.clock.advance(1)
      expect(refusalOf(await door.verify(late))).toMatch(/^400 nonce_(?:expired|invalid)$/)
    })

    it('WK-14: several nonces of one wallet are good, each once', async () => {
      const signer = newSigner()
      const proofs = [await door.prove(signer), await door.prove(signer), await door.prove(signer)]
      for (const proof of proofs.reverse()) readSession(await door.verify(proof))
    })

    it('WK-14: a nonce is bound to its wallet', async () => {
      const [signer, thief] = [newSigner(), newSigner()]
      const { nonce } = await door.nonceFor(signer)
      expect(refusalOf(await attempt(thief, { nonce }))).toBe('400 nonce_invalid')
      await requireUnspent(signer, nonce)
    })

    it('WK-36: a nonce is bound to its project', async () => {
      const signer = newSigner()
      const { nonce } = await door.nonceFor(signer)
      const proof = await door.prove(signer, { nonce })
      expect(refusalOf(await other.verify(proof))).toBe('400 nonce_invalid')
      readSession(await door.verify(proof))
    })

    it('WK-14: a nonce that nobody issued is 400', async () => {
      for (const nonce of ['0123456789abcdef0123456789abcdef', 'abcdefgh']) {
        expect(refusalOf(await attempt(newSigner(), { nonce }))).toBe('400 nonce_invalid')
      }
    })

    it.each<[string, MessageDeparture]>([
      ['another host', { domain: 'evil.example' }],
      ['the gateway’s host', { domain: 'gate.example.test', uri: 'https://gate.example.test' }],
      ['a longer host', { domain: 'app.example.test.evil.example' }],
      ['a subdomain', { domain: 'sub.app.example.test' }],
      ['a parent domain', { domain: 'example.test' }],
      ['another port', { domain: 'app.example.test:8443' }],
      ['another host’s URI', { uri: 'https://evil.example/' }],
      ['a URI with another scheme', { uri: 'http://app.example.test' }],
      ['a URI with another port', { uri: 'https://app.example.test:8443' }],
      ['a URI with credentials', { uri: 'https://app.example.test@evil.example/' }],
      ['a URI that is no page', { uri: 'did:example:123' }],
    ])('WK-15: %s is 400 and spends nothing', async (_name, departure) => {
      const signer = newSigner()
      const { nonce } = await door.nonceFor(signer)
      expect(refusalOf(await attempt(signer, { ...departure, nonce }))).toBe('400 invalid_request')
      expect(door.lastRefusal).toMatch(/binding_mismatch: (?:domain|uri)_mismatch/)
      await requireUnspent(signer, nonce)
    })

    it('WK-15: every allowed origin of the project may be named, with any path', async () => {
      for (const departure of [
        { domain: 'app.example.test', uri: `${ORIGIN}/a/b?c=d#e` },
        { domain: 'two.example.test', uri: TWO },
        { domain: 'two.example.test', uri: `${TWO}/` },
      ]) {
        readSession(await attempt(newSigner(), departure))
      }
    })

    it('WK-15: another project’s origin is not allowed here', async () => {
      const answer = await other.verify(await other.prove(newSigner(), { domain: 'two.example.test', uri: TWO }))
      expect(refusalOf(answer)).toBe('400 invalid_request')
    })

    it('WK-16: the user is the one that was named, now and later', async () => {
      const signer = newSigner()
      const { user_id, nonce } = await door.nonceFor(signer)
      const session = readSession(await door.verify(await door.prove(signer, { nonce })))
      expect(session.user_id).toBe(user_id)
      expect((await door.nonceFor(signer)).user_id).toBe(user_id)
      expect((await door.signInByWallet(signer)).user_id).toBe(user_id)
      door.clock.advance(400 * 24 * 60 * MINUTE_MS)
      expect((await door.signInByWallet(signer)).user_id).toBe(user_id)
    })

    it('WK-31: a user id beside the message must be the one that was named', async () => {
      const [signer, stranger] = [newSigner(), newSigner()]
      const { user_id, nonce } = await door.nonceFor(signer)
      const proof = await door.prove(signer, { nonce })
      const { user_id: another } = await door.signInByWallet(stranger)
      for (const wrong of [another, 'user_unknown', `${user_id}x`, user_id.toLowerCase(), ` ${user_id}`]) {
        expect(refusalOf(await door.verify({ ...proof, user_id: wrong }))).toBe('400 nonce_invalid')
      }
      expect(readSession(await door.verify({ ...proof, user_id })).user_id).toBe(user_id)
      const again = await door.prove(signer)
      expect(refusalOf(await door.verify({ ...again, user_id: another }))).toBe('400 nonce_invalid')
      readSession(await door.verify({ ...again, user_id }))
    })

    it('WK-31: statement, request id and Issued At are free; a statement may be missing', async () => {
      for (const departure of [
        { statement: null },
        { statement: 'I accept the terms: https://app.example.test/terms' },
        { requestId: 'anything' },
        { issuedAt: '2020-01-01T00:00:00Z' },
        { issuedAt: '2036-01-01T00:00:00Z' },
      ]) {
        readSession(await attempt(newSigner(), departure))
      }
    })

    it('WK-31: Expiration Time and Not Before are kept to, and spend nothing', async () => {
      const signer = newSigner()
      const { nonce } = await door.nonceFor(signer)
      const at = (offset: number) => new Date(door.clock.now().getTime() + offset).toISOString()
      for (const departure of [{ expiration: at(0) }, { expiration: at(-1) }, { notBefore: at(1) }]) {
        expect(refusalOf(await attempt(signer, { ...departure, nonce }))).toBe('400 invalid_request')
      }
      readSession(await attempt(signer, { nonce, expiration: at(1), notBefore: at(0) }))
    })

    it('WK-33: a wrong signature is 400 and spends nothing', async () => {
      const [signer, thief] = [newSigner(), newSigner()]
      const { nonce } = await door.nonceFor(signer)
      const right = await door.prove(signer, { nonce })
      const wrong = [
        await thief.sign(right.siwe_message),
        await signer.sign(`${right.siwe_message} `),
        await signer.sign('another text'),
        'x',
        '0x',
        `0x${'00'.repeat(65)}`,
        `0x${'11'.repeat(65)}`,
        '1'.repeat(88),
        Buffer.alloc(64).toString('base64'),
        `${right.signature}00`,
        // Not two digits less: without its v, an Ethereum signature may be a compact one (EIP-2098).
        right.signature.slice(0, -4),
        ` ${right.signature}`,
      ]
      for (const signature of wrong) {
        expect(refusalOf(await door.verify({ ...right, signature }))).toBe('400 signature_invalid')
      }
      readSession(await door.verify(right))
    })

    it('WK-33: what was changed after signing is 400 and spends nothing', async () => {
      const signer = newSigner()
      const { nonce } = await door.nonceFor(signer)
      const right = await door.prove(signer, { nonce })
      for (const change of [
        (message: string) => message.replace('Sign in to My App.', 'Give me everything.'),
        (message: string) => message.replace(`URI: ${ORIGIN}`, `URI: ${TWO}`),
        (message: string) => message.replace(/Issued At: .*/, 'Issued At: 2026-01-01T00:00:00Z'),
        (message: string) => `${message}\nRequest ID: x`,
      ]) {
        const siwe_message = change(right.siwe_message)
        expect(siwe_message).not.toBe(right.siwe_message)
        expect(refusalOf(await door.verify({ ...right, siwe_message }))).toBe('400 signature_invalid')
      }
      readSession(await door.verify(right))
    })

    it.each<[string, (message: string) => string]>([
      ['white space in front', (message) => ` ${message}`],
      ['a line end behind', (message) => `${message}\n`],
      ['another version', (message) => message.replace('Version: 1', 'Version: 2')],
      ['no URI', (message) => message.replace(/URI: .*\n/, '')],
      ['no nonce', (message) => message.replace(/\nNonce: .*/, '')],
      ['two nonces', (message) => message.replace(/(\nNonce: .*)/, '$1$1')],
      ['a field of its own', (message) => `${message}\nAdmin: true`],
      ['text in front', (message) => `private text\n${message}`],
      ['nothing', () => 'x'],
    ])('WK-33: a message with %s, properly signed, is 400 and spends nothing', async (_name, edit) => {
      const signer = newSigner()
      const { nonce } = await door.nonceFor(signer)
      const answer = await attempt(signer, { nonce, edit })
      expect(answer.status).toBe(400)
      await requireUnspent(signer, nonce)
    })

    it('WK-36: the same wallet is another user in another project', async () => {
      const signer = newSigner()
      const [here, there] = [await door.signInByWallet(signer), await other.signInByWallet(signer)]
      expect(here.user_id).not.toBe(there.user_id)
      expect([here.project_id, there.project_id]).toEqual([door.projectId, other.projectId])
    })

    it('WK-40: a suspended wallet is 403, and in again when it is active again', async () => {
      const signer = newSigner()
      const session = await door.signInByWallet(signer)
      const { core } = door.gateway
      const account = core.parseAccount(signer.namespace, signer.address)
      const grant = (status: string) =>
        core.grantWalletAccess(door.project.id, account, { role: 'user', scopes: [], status })
      await grant('suspended')
      const proof = await door.prove(signer)
      expect(refusalOf(await door.verify(proof))).toBe('403 wallet_not_active')
      expect(refusalOf(await door.refresh(session))).toBe('403 wallet_not_active')
      await grant('active')
      readSession(await door.verify(proof))
      readSession(await door.refresh(session))
    })
  })

  it('WK-31: an Ethereum address may be in any letter case, in the request and in the message', async () => {
    const signer = ethereumSigner()
    const spellings = [signer.address, signer.address.toLowerCase(), `0x${signer.address.slice(2).toUpperCase()}`]
    const users = new Set<string>()
    for (const asked of spellings) {
      for (const written of spellings) {
        const { user_id, nonce } = await door.nonceFor({ address: asked })
        users.add(user_id)
        users.add(readSession(await attempt(signer, { nonce, address: written })).user_id)
      }
    }
    expect(users.size).toBe(1)
  })

  it('WK-31: any positive chain id is accepted', async () => {
    for (const chainId of [1, 137, 84_532, '999999999999']) readSession(await attempt(ethereumSigner(), { chainId }))
  })

  it('WK-31: 64-byte signatures of EIP-2098 and v of 0 and 1 sign in too', async () => {
    for (const respell of [
      (hex: string) => {
        const [r, s, v] = [hex.slice(2, 66), hex.slice(66, 130), Number.parseInt(hex.slice(130), 16)]
        const high = v === 28 ? (BigInt(`0x${s}`) | (1n << 255n)).toString(16) : s
        return `0x${r}${high.padStart(64, '0')}`
      },
      (hex: string) => hex.replace(/1b$/, '00').replace(/1c$/, '01'),
    ]) {
      const proof = await door.prove(ethereumSigner())
      readSession(await door.verify({ ...proof, signature: respell(proof.signature) }))
    }
  })

  it.each(['base58', 'base64'] as const)('WK-32: a Solana wallet signs in with a signature in %s', async (encoding) => {
    const signer = solanaSigner(encoding)
    const { user_id } = await door.nonceFor(signer)
    const session = await door.signInByWallet(signer)
    expect(session.user_id).toBe(user_id)
    expect(decodeJwt(session.access_token).claims['siwe_wallet_address']).toBe(signer.address)
  })

  it('WK-32: a message of one chain is none of the other’s', async () => {
    const [eth, sol] = [ethereumSigner(), solanaSigner()]
    const { nonce } = await door.nonceFor(sol)
    const asEthereum = await door.prove(eth, { nonce, address: eth.address })
    expect((await door.verify(asEthereum)).status).toBe(400)
    const swapped = await door.prove(sol, {
      nonce,
      edit: (message) => message.replace('Solana account', 'Ethereum account'),
    })
    expect((await door.verify(swapped)).status).toBe(400)
    await requireUnspent(sol, nonce)
  })

  it.each<Body['sign_in_wallet']>([
    '0x',
    '0x123',
    `0x${'g'.repeat(40)}`,
    `${'f'.repeat(40)}`,
    `0x${'f'.repeat(41)}`,
    ` 0x${'f'.repeat(40)}`,
    'vitalik.eth',
    'eip155:1:0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A',
    '1111111111111111111111111111111',
    '0OIl'.repeat(11),
    '1'.repeat(45),
    'ada@example.test',
  ])('WK-14: %s is no wallet', async (address) => {
    const answer = await door.post('/users/login-with-wallet', { sign_in_wallet: address })
    expect(refusalOf(answer)).toBe('400 invalid_request')
    expect(answer.text).toContain('sign_in_wallet')
  })

  it('WK-32: the small-order Solana keys, for which anybody can forge, sign nobody in', async () => {
    const { nonce, user_id } = await door.nonceFor({ address: '11111111111111111111111111111111' }).catch(() => ({
      nonce: 'abcdefgh12345678',
      user_id: '',
    }))
    const signer = { ...solanaSigner(), address: '11111111111111111111111111111111' }
    const message = door.signInText(signer, nonce)
    const forged = Buffer.concat([Buffer.from([1]), Buffer.alloc(63)])
    const answer = await door.verify({
      siwe_message: message,
      signature: forged.toString('base64'),
      user_id: user_id || null,
    })
    expect(answer.status).toBe(400)
  })
})

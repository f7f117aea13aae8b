import { Signature } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ethereumSigner, SIGNERS, solanaSigner } from '../../support/signers.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { type MoonKeyDoor, openDoor, readBegin, readNonce, readWallet, refusalOf, START, unix } from './door.ts'

/** The vendor's own samples (MoonKey digest §2.1). */
const PUBLISHED = {
  address: '0xF7E9D631bfBd90C19691566Db4AB96697A2663C6',
  challenge: 'Login for My App: 5djrPeuvVwO8TAomZJCQ8uig9VeMb8eCxqgz9PIKrFY',
  signature:
    '0xb27c94381c930151c4823fd4b7f0b45d700f0c9d30a7b98821413e07eef7604319a1dbc28dda881d0fc8d18b08aceeeb0fcdb80d6caec6f6e9901800c43894c31b',
} as const

const signers = Object.entries(SIGNERS)

describe.each(STORES)('MoonKey verify on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  /** Puts this very text into the store as the pending challenge of the published address. */
  async function plantChallenge(text: string): Promise<void> {
    const signer = { ...ethereumSigner(), address: PUBLISHED.address }
    await door.begin(signer)
    const challenge = await door.pendingChallenge(signer, 'moonkey.challenge')
    await stores.challenges.issue({ ...challenge, context: { ...challenge.context, text } })
  }
  const published = {
    wallet_type: 'ethereum',
    public_address: PUBLISHED.address,
    signature: PUBLISHED.signature,
  }

  it('MOON-14: the vendor’s published sample verifies, over the whole text and nothing less', async () => {
    const random = PUBLISHED.challenge.slice('Login for My App: '.length)
    for (const text of [random, ` ${random}`, PUBLISHED.challenge.toLowerCase(), `${PUBLISHED.challenge}\n`]) {
      await plantChallenge(text)
      expect(refusalOf(await door.verify(published))).toBe('400 invalid_signature')
    }
    await plantChallenge(PUBLISHED.challenge)
    expect(readWallet(await door.verify(published)).public_address).toBe(PUBLISHED.address.toLowerCase())
  })

  it('MOON-14: the published sample verifies for ETH and any spelling of the address', async () => {
    for (const spelling of [PUBLISHED.address.toLowerCase(), `0x${PUBLISHED.address.slice(2).toUpperCase()}`]) {
      await plantChallenge(PUBLISHED.challenge)
      const answer = await door.verify({ ...published, wallet_type: 'ETH', public_address: spelling })
      expect(readWallet(answer).wallet_type).toBe('ETH')
    }
  })

  it('MOON-14: a signature of the random part alone is refused, and the registration is still good', async () => {
    for (const newSigner of Object.values(SIGNERS)) {
      const signer = newSigner()
      const { challenge } = readBegin(await door.begin(signer))
      const part = challenge.slice(challenge.lastIndexOf(' ') + 1)
      const body = { wallet_type: signer.type, public_address: signer.address }
      const refused = await door.verify({ ...body, signature: await signer.sign(part) })
      expect(refusalOf(refused)).toBe('400 invalid_signature')
      readWallet(await door.verify({ ...body, signature: await signer.sign(challenge) }))
    }
  })

  it.each([0, 1, 27, 28])('MOON-14: a recovery byte of %i is read', async (v) => {
    const wallet = newEthereumWallet()
    for (let tries = 0; tries < 64; tries += 1) {
      const body = await door.prove(ethereumSigner(wallet))
      const { yParity, r, s } = Signature.from(body.signature)
      if (yParity !== v % 27) continue
      const signature = `${r}${s.slice(2)}${v.toString(16).padStart(2, '0')}`
      readWallet(await door.verify({ ...body, signature }))
      return
    }
    throw new Error('64 signatures of one parity')
  })

  it('MOON-14: hex in upper case is the same signature', async () => {
    const body = await door.prove(ethereumSigner())
    readWallet(await door.verify({ ...body, signature: `0x${body.signature.slice(2).toUpperCase()}` }))
  })

  it('MOON-14: a signature that is damaged, malleated or of another kind is refused, and the right one still accepted', async () => {
    const body = await door.prove(ethereumSigner())
    const { r, s, yParity } = Signature.from(body.signature)
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const highS = (order - BigInt(s)).toString(16).padStart(64, '0')
    const flippedV = yParity === 0 ? '1c' : '1b'
    const bad = [
      `${r}${highS}${flippedV}`,
      `${r}${s.slice(2)}${flippedV}`,
      `${r}${s.slice(2)}1d`,
      `${r}${s.slice(2)}1f`,
      `0x${'00'.repeat(64)}1b`,
      `0x${'ff'.repeat(64)}1b`,
      `0x${'00'.repeat(32)}${s.slice(2)}1b`,
      `${r}${'00'.repeat(32)}1b`,
      body.signature.slice(0, -4), // 63 bytes: 64 may be the compact form of the same signature (EIP-2098)
      `${body.signature}00`,
      `${body.signature} `,
      ` ${body.signature}`,
      Buffer.from(body.signature.slice(2), 'hex').toString('base64'),
      '0x',
      '0xzz',
    ]
    for (const signature of bad) {
      expect(`${signature}: ${refusalOf(await door.verify({ ...body, signature }))}`).toBe(
        `${signature}: 400 invalid_signature`,
      )
    }
    readWallet(await door.verify(body))
  })

  it('MOON-14: a transaction-like signature without the EIP-191 prefix is refused', async () => {
    const wallet = newEthereumWallet()
    const { challenge } = readBegin(await door.begin(ethereumSigner(wallet)))
    const { keccak256, toUtf8Bytes } = await import('ethers')
    const signature = wallet.signingKey.sign(keccak256(toUtf8Bytes(challenge))).serialized
    const answer = await door.verify({ wallet_type: 'ethereum', public_address: wallet.address, signature })
    expect(refusalOf(answer)).toBe('400 invalid_signature')
  })

  it.each(signers)('MOON-16: a registration serves one success, for %s', async (_, newSigner) => {
    const body = await door.prove(newSigner())
    readWallet(await door.verify(body))
    for (let i = 0; i < 3; i += 1) expect(refusalOf(await door.verify(body))).toBe('404 wallet_registration_not_found')
  })

  it.each(signers)('MOON-16: without a registration it is 404, for %s', async (_, newSigner) => {
    const signer = newSigner()
    const body = { wallet_type: signer.type, public_address: signer.address, signature: await signer.sign('x') }
    expect(refusalOf(await door.verify(body))).toBe('404 wallet_registration_not_found')
  })

  it('MOON-16: the newest registration of an address counts', async () => {
    const signer = ethereumSigner()
    const older = await door.prove(signer)
    const newer = await door.prove(signer)
    expect(refusalOf(await door.verify(older))).toBe('400 invalid_signature')
    readWallet(await door.verify(newer))
    expect(refusalOf(await door.verify(older))).toBe('404 wallet_registration_not_found')
  })

  it.each<[number, string]>([
    [599_999, '200'],
    [600_000, '400 wallet_registration_expired'],
    [600_001, '400 wallet_registration_expired'],
    [1_199_999, '400 wallet_registration_expired'],
  ])('MOON-16: %i ms after begin it is %s', async (late, expected) => {
    const own = await openDoor(stores)
    const signer = ethereumSigner()
    const body = await own.prove(signer)
    own.clock.advance(late)
    expect(refusalOf(await own.verify(body))).toBe(expected)
    expect((await own.ownerOf(signer)) !== null).toBe(expected === '200')
  })

  it('MOON-16: an expired registration is replaced by beginning again', async () => {
    const own = await openDoor(stores)
    const signer = ethereumSigner()
    const stale = await own.prove(signer)
    own.clock.advance(600_000)
    expect(refusalOf(await own.verify(stale))).toBe('400 wallet_registration_expired')
    const fresh = await own.prove(signer)
    expect(refusalOf(await own.verify(stale))).toBe('400 invalid_signature')
    readWallet(await own.verify(fresh))
  })

  it.each(signers)(
    'MOON-16: a wrong key changes nothing, and the right one still works, for %s',
    async (_, newSigner) => {
      const [signer, thief] = [newSigner(), newSigner()]
      const { challenge, user_id: promised } = readBegin(await door.begin(signer))
      const { user_id: thiefId } = await door.signIn(thief)
      const body = { wallet_type: signer.type, public_address: signer.address }
      for (let i = 0; i < 3; i += 1) {
        const answer = await door.verify({ ...body, signature: await thief.sign(challenge), session_expires_in: 60 })
        expect(refusalOf(answer)).toBe('400 invalid_signature')
        expect(answer.text).not.toContain('session')
      }
      expect(await door.ownerOf(signer)).toBeNull()
      expect(await door.user(promised)).toMatchObject({ status: 'pending', wallets: [] })
      expect((await door.user(thiefId)).wallets).toHaveLength(1)
      expect(await door.listSessions(promised)).toEqual([])
      expect(readWallet(await door.verify({ ...body, signature: await signer.sign(challenge) })).user_id).toBe(promised)
    },
  )

  it('MOON-16: a thief who names himself gets nothing out of another’s registration', async () => {
    const [signer, thief] = [ethereumSigner(), ethereumSigner()]
    const { challenge } = readBegin(await door.begin(signer))
    const body = { wallet_type: 'ethereum', public_address: thief.address, signature: await thief.sign(challenge) }
    expect(refusalOf(await door.verify(body))).toBe('404 wallet_registration_not_found')
    await door.begin(thief)
    expect(refusalOf(await door.verify(body))).toBe('400 invalid_signature')
  })

  it.each([
    ['ethereum', 'solana'],
    ['solana', 'ethereum'],
  ] as const)('MOON-16: a registration of %s is none of %s', async (type, other) => {
    const signer = SIGNERS[type]()
    const body = await door.prove(signer)
    expect(refusalOf(await door.verify({ ...body, wallet_type: other }))).toBe('400 invalid_request')
    readWallet(await door.verify(body))
  })

  it.each(signers)('MOON-17: verify returns the wallet, whole, for %s', async (type, newSigner) => {
    const own = await openDoor(stores)
    const signer = newSigner()
    const { user_id: userId } = readBegin(await own.begin(signer))
    const first = await own.signIn(signer)
    expect(first).toEqual({
      id: expect.stringMatching(/^wallet_[0-9A-Za-z]{27}$/),
      app_id: own.appId,
      user_id: userId,
      public_address: signer.shownAddress,
      wallet_type: type,
      is_default: false,
      is_ready_only: true,
      is_read_only: true,
      is_imported: true,
      verified: true,
      created_at: unix(START),
      updated_at: unix(START),
    })
    own.clock.advance(86_400_000)
    const again = await own.signIn(signer)
    expect([again.id, again.user_id, again.created_at]).toEqual([first.id, userId, first.created_at])
    expect((await own.signInBySiwe(signer)).id).toBe(first.id)
    expect(await own.user(userId)).toMatchObject({ status: 'active', active: true, wallets: [{ id: first.id }] })
  })

  it.each(['ETH', 'Ethereum', 'SOL', 'SOLANA'])('MOON-12: verify answers in the vocabulary of %s', async (word) => {
    const signer = /^e/i.test(word) ? ethereumSigner() : solanaSigner()
    const shown = word.length === 3 ? word : word.toLowerCase()
    const answer = readWallet(await door.verify(await door.prove(signer, { wallet_type: word, session_expires_in: 5 })))
    expect(answer.wallet_type).toBe(shown)
    // Vocabularies may be mixed: begun with one, verified with the other.
    const type = word.length === 3 ? signer.type : signer.type.slice(0, 3).toUpperCase()
    expect(readWallet(await door.verify(await door.prove(signer, {}, { wallet_type: type }))).id).toBe(answer.id)
    expect(answer.session?.factors[0]?.method.wallet_type).toBe(signer.type)
    expect((await door.user(answer.user_id)).wallets[0]?.wallet_type).toBe(signer.type)
    const bySiwe = readWallet(await door.verifySiwe(await door.proveBySiwe(signer, {}, { wallet_type: word })))
    expect(bySiwe.wallet_type).toBe(shown)
  })

  it('MOON-17: one user may have wallets of both chains', async () => {
    const [one, two] = [ethereumSigner(), solanaSigner()]
    const { user_id: userId } = await door.signIn(one)
    expect((await door.signIn(two, {}, { user_id: userId })).user_id).toBe(userId)
    expect((await door.signIn(two)).user_id).toBe(userId)
    const addresses = (await door.user(userId)).wallets.map(({ public_address }) => public_address)
    expect(new Set(addresses)).toEqual(new Set([one.shownAddress, two.shownAddress]))
  })

  it.each(signers)('MOON-19: a nonce registration is not redeemed at verify, for %s', async (_, newSigner) => {
    const signer = newSigner()
    const { nonce } = readNonce(await door.nonce(signer))
    const body = { wallet_type: signer.type, public_address: signer.address, signature: await signer.sign(nonce) }
    expect(refusalOf(await door.verify(body))).toBe('404 wallet_registration_not_found')
    readWallet(await door.verifySiwe(await door.proveBySiwe(signer, { nonce })))
  })

  it.each(signers)('MOON-19: a begin registration is not redeemed at siwe/verify, for %s', async (_, newSigner) => {
    const signer = newSigner()
    const { challenge } = readBegin(await door.begin(signer))
    const random = challenge.slice(challenge.lastIndexOf(' ') + 1)
    const answer = await door.verifySiwe(await door.proveBySiwe(signer, { nonce: random }))
    expect(refusalOf(answer)).toBe('404 wallet_registration_not_found')
    const plain = { wallet_type: signer.type, public_address: signer.address, siwe_challenge: challenge }
    const asMessage = await door.verifySiwe({ ...plain, signature: await signer.sign(challenge) })
    expect(refusalOf(asMessage)).toBe('400 invalid_request')
    readWallet(await door.verify({ ...plain, signature: await signer.sign(challenge) }))
  })

  it.each(signers)(
    'MOON-19: one of each may be pending for one address, and both are good, for %s',
    async (_, newSigner) => {
      const signer = newSigner()
      const challenge = await door.prove(signer)
      const message = await door.proveBySiwe(signer)
      const one = readWallet(await door.verify(challenge))
      expect(readWallet(await door.verifySiwe(message)).id).toBe(one.id)
    },
  )

  it('MOON-05: a wallet that was suspended is 403 and gets no session', async () => {
    const signer = ethereumSigner()
    const { user_id: userId } = await door.signIn(signer)
    const access = { role: 'user', scopes: [], status: 'suspended' }
    await door.gateway.core.grantWalletAccess(door.project.id, door.account(signer), access)
    expect(refusalOf(await door.verify(await door.prove(signer, { session_expires_in: 60 })))).toBe(
      '403 wallet_not_active',
    )
    const message = await door.proveBySiwe(signer, {}, { session_expires_in: 60 })
    expect(refusalOf(await door.verifySiwe(message))).toBe('403 wallet_not_active')
    expect(await door.listSessions(userId)).toEqual([])
  })
})

import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ethereumSigner, SIGNERS, solanaSigner } from '../../support/signers.ts'
import { newSolanaWallet } from '../../support/solana-wallets.ts'
import {
  BEGIN,
  type MoonKeyDoor,
  moonKeyProject,
  NONCE,
  openDoor,
  readBegin,
  readNonce,
  refusalOf,
  START,
  USERS,
  unix,
} from './door.ts'
import { newEmail } from './endpoints.ts'

const HOUR_MS = 3_600_000
const PATHS = { begin: BEGIN, nonce: NONCE } as const
const signers = Object.entries(SIGNERS)

describe.each(STORES)('MoonKey registrations on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  it.each(signers)('MOON-10: begin returns every field, for %s', async (type, newSigner) => {
    const signer = newSigner()
    expect(readBegin(await door.begin(signer))).toEqual({
      id: expect.stringMatching(/^walletrr_[0-9A-Za-z]{27}$/),
      app_id: door.appId,
      user_id: expect.stringMatching(/^user_[0-9A-Za-z]{27}$/),
      public_address: signer.shownAddress,
      wallet_type: type,
      challenge: expect.any(String),
      created_at: unix(START),
      updated_at: unix(START),
      expires_at: unix(START) + 600,
    })
  })

  it('MOON-10: ids and challenges are new each time', async () => {
    const signer = ethereumSigner()
    const replies = []
    for (let i = 0; i < 5; i += 1) replies.push(readBegin(await door.begin(signer)))
    expect(new Set(replies.map(({ id }) => id)).size).toBe(5)
    expect(new Set(replies.map(({ challenge }) => challenge)).size).toBe(5)
  })

  it.each(signers)('MOON-11: the challenge names the App and 43 letters and digits, for %s', async (_, newSigner) => {
    const { challenge } = readBegin(await door.begin(newSigner()))
    expect(challenge).toMatch(/^Login for .+: [A-Za-z0-9]{43}$/)
    expect(challenge).toMatch(/^Login for My App: /)
  })

  it('MOON-11: an App’s name may hold anything a signature can cover', async () => {
    const name = 'Ünï: “App” 🦊 for: x'
    const own = await openDoor(stores, moonKeyProject({}, { name }))
    const { challenge } = readBegin(await own.begin(ethereumSigner()))
    expect(challenge.startsWith(`Login for ${name}: `)).toBe(true)
    for (const newSigner of Object.values(SIGNERS)) {
      expect((await own.verify(await own.prove(newSigner()))).status).toBe(200)
    }
  })

  it('MOON-11: an Ethereum address is accepted in any letter case and is one address', async () => {
    const { address, type } = ethereumSigner()
    const userIds = []
    for (const spelling of [address, address.toLowerCase(), `0x${address.slice(2).toUpperCase()}`]) {
      const reply = readBegin(await door.begin({ type, address: spelling }))
      expect(reply.public_address).toBe(address.toLowerCase())
      userIds.push(reply.user_id)
    }
    expect(new Set(userIds).size).toBe(1)
  })

  it('MOON-11: a Solana address is untouched, and another letter case is another address', async () => {
    let address = ''
    let swapped = ''
    while (swapped === '') {
      address = newSolanaWallet().address
      // Changing the case of letters changes the number, which is mostly no point of the curve: look for one that is.
      for (const index of [...address].keys()) {
        const character = address[index] ?? ''
        const other = character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase()
        const candidate = `${address.slice(0, index)}${other}${address.slice(index + 1)}`
        if (other === character || /[0OIl]/.test(other)) continue
        if ((await door.begin({ type: 'solana', address: candidate })).status === 200) {
          swapped = candidate
          break
        }
      }
    }
    const [one, two] = [
      readBegin(await door.begin({ type: 'solana', address })),
      readBegin(await door.begin({ type: 'solana', address: swapped })),
    ]
    expect([one.public_address, two.public_address]).toEqual([address, swapped])
    expect(one.user_id).not.toBe(two.user_id)
  })

  it.each(Object.entries(PATHS))('MOON-11: what is no address of the chain is 400 at %s', async (_, path) => {
    const { address } = ethereumSigner()
    const solana = newSolanaWallet().address
    const bad: readonly (readonly [string, string])[] = [
      ['ethereum', solana],
      ['ethereum', address.slice(2)],
      ['ethereum', address.slice(0, -1)],
      ['ethereum', `${address}0`],
      ['ethereum', ` ${address}`],
      ['ethereum', `${address}\n`],
      ['ethereum', address.replace('0x', '0X')],
      ['ethereum', address.replace(/.$/, 'g')],
      ['ethereum', 'vitalik.eth'],
      ['solana', address],
      ['solana', `${solana}${solana}`],
      ['solana', `1${solana}`],
      ['solana', solana.slice(0, 20)],
      ['solana', `${solana} `],
      ['solana', `0${solana.slice(1)}`],
    ]
    for (const [type, text] of bad) {
      const answer = await door.post(path, { wallet_type: type, public_address: text })
      expect(`${text}: ${refusalOf(answer)}`).toBe(`${text}: 400 invalid_request`)
    }
  })

  describe.each(Object.entries(PATHS))('%s', (kind, path) => {
    it.each(['ETH', 'ethereum', 'eth', 'Ethereum', 'ETHEREUM', 'eTh'])('MOON-12: accepts %s', async (word) => {
      const { address } = ethereumSigner()
      const answer = await door.post(path, { wallet_type: word, public_address: address })
      expect(answer.body).toMatchObject({ wallet_type: word.length === 3 ? 'ETH' : 'ethereum' })
    })

    it.each(['SOL', 'solana', 'sol', 'Solana', 'SOLANA'])('MOON-12: accepts %s', async (word) => {
      const { address } = solanaSigner()
      const answer = await door.post(path, { wallet_type: word, public_address: address })
      expect(answer.body).toMatchObject({ wallet_type: word.length === 3 ? 'SOL' : 'solana' })
    })

    it.each(['', 'BTC', 'bitcoin', 'DOT', 'XLM', 'ether', ' ETH', 'eip155', 'constructor', '__proto__', 'toString'])(
      'MOON-12: refuses "%s"',
      async (word) => {
        const answer = await door.post(path, { wallet_type: word, public_address: ethereumSigner().address })
        expect(refusalOf(answer)).toBe('400 invalid_request')
      },
    )

    it.each(signers)('MOON-13: repeats for a new %s address name one pending user', async (_type, newSigner) => {
      const signer = newSigner()
      const userIds = new Set<string>()
      for (let i = 0; i < 4; i += 1) {
        userIds.add(readBegin(await door.begin(signer)).user_id)
        userIds.add(readNonce(await door.nonce(signer)).user_id)
      }
      expect(userIds.size).toBe(1)
      const [userId = ''] = userIds
      expect(await door.user(userId)).toMatchObject({ status: 'pending', active: false, wallets: [] })
    })

    it('MOON-13: 32 parallel first calls name one user', async () => {
      const signer = ethereumSigner()
      const answers = await Promise.all(Array.from({ length: 32 }, () => door[kind as 'begin' | 'nonce'](signer)))
      expect(new Set(answers.map(({ body }) => (body as { user_id: string }).user_id)).size).toBe(1)
      expect(answers.every(({ status }) => status === 200)).toBe(true)
    })

    it('MOON-13: an address that is somebody’s names that user', async () => {
      const signer = ethereumSigner()
      const { user_id: owner } = await door.signIn(signer)
      const answer = await door[kind as 'begin' | 'nonce'](signer)
      expect(answer.body).toMatchObject({ user_id: owner })
      const named = await door[kind as 'begin' | 'nonce'](signer, { user_id: owner })
      expect(named.body).toMatchObject({ user_id: owner })
    })

    it('MOON-13: with user_id it is that user, also when another was promised the address', async () => {
      const signer = ethereumSigner()
      const { user_id: promised } = readBegin(await door.begin(signer))
      const { user_id: named } = await door.createUser({ email: newEmail() })
      expect(named).not.toBe(promised)
      expect((await door[kind as 'begin' | 'nonce'](signer, { user_id: named })).body).toMatchObject({ user_id: named })
    })

    it.each(['user_unknown', 'user_', 'x', '*', '__proto__', `user_${'0'.repeat(27)}`, 'x'.repeat(256)])(
      'MOON-13: the unknown user_id %s is 404',
      async (userId) => {
        const answer = await door[kind as 'begin' | 'nonce'](ethereumSigner(), { user_id: userId })
        expect(refusalOf(answer)).toBe('404 user_not_found')
      },
    )

    it('MOON-13: the address of another user is 409, and stays where it is', async () => {
      const signer = ethereumSigner()
      const { user_id: owner } = await door.signIn(signer)
      const { user_id: other } = await door.signIn(ethereumSigner())
      const answer = await door[kind as 'begin' | 'nonce'](signer, { user_id: other })
      expect(refusalOf(answer)).toBe('409 wallet_already_attached')
      expect(await door.ownerOf(signer)).toBe(owner)
      expect((await door.signIn(signer)).user_id).toBe(owner)
    })
  })

  it('MOON-13: a promise alone gives nobody the address: whoever signs in first under another name has it', async () => {
    const signer = ethereumSigner()
    readBegin(await door.begin(signer))
    const { user_id: other } = await door.createUser({ email: newEmail() })
    expect((await door.signIn(signer, {}, { user_id: other })).user_id).toBe(other)
    expect(readBegin(await door.begin(signer)).user_id).toBe(other)
  })

  it('MOON-13: a pending user is not among the App’s users, and signing in makes it active', async () => {
    const own = await openDoor(stores)
    const signer = ethereumSigner()
    const { user_id: userId } = readBegin(await own.begin(signer))
    const listed = async () => (await own.post(`${USERS}/search`, {})).body
    expect(await listed()).toMatchObject({ users: [], total_count: 0 })
    expect((await own.signIn(signer)).user_id).toBe(userId)
    expect(await own.user(userId)).toMatchObject({ status: 'active', active: true })
    expect(await listed()).toMatchObject({ users: [{ user_id: userId }], total_count: 1 })
  })

  it('MOON-13: a promise repeated for days keeps naming one user, who can sign in to the last', async () => {
    const own = await openDoor(stores)
    const signer = ethereumSigner()
    const userIds = new Set<string>()
    for (let i = 0; i < 5; i += 1) {
      userIds.add(readBegin(await own.begin(signer)).user_id)
      own.clock.advance(23 * HOUR_MS + 55 * 60_000)
    }
    const body = await own.prove(signer)
    own.clock.advance(9 * 60_000 + 59_000)
    const { user_id: userId } = (await own.verify(body)).body as { user_id: string }
    userIds.add(userId)
    expect(userIds.size).toBe(1)
  })

  it('MOON-13: a proof in the last minute of a promise still finds its user', async () => {
    const own = await openDoor(stores)
    const signer = ethereumSigner()
    const body = await own.prove(signer)
    const { user_id: promised } = readBegin(await own.begin(signer))
    own.clock.advance(24 * HOUR_MS - 60_000)
    const late = await own.prove(signer)
    own.clock.advance(5 * 60_000)
    expect((await own.verify(body)).status).toBe(400)
    expect((await own.verify(late)).body).toMatchObject({ user_id: promised })
  })

  it.each(signers)('MOON-18: nonce returns the union of both descriptions, for %s', async (type, newSigner) => {
    const signer = newSigner()
    const reply = readNonce(await door.nonce(signer))
    expect(reply).toEqual({
      id: expect.stringMatching(/^walletrr_[0-9A-Za-z]{27}$/),
      app_id: door.appId,
      user_id: expect.stringMatching(/^user_[0-9A-Za-z]{27}$/),
      public_address: signer.shownAddress,
      wallet_type: type,
      nonce: expect.stringMatching(/^[A-Za-z0-9]{43}$/),
      challenge: reply.nonce,
      user_created: true,
      created_at: unix(START),
      updated_at: unix(START),
      expires_at: unix(START) + 600,
    })
  })

  it('MOON-18: user_created says whether this call made the user', async () => {
    const signer = ethereumSigner()
    expect(readNonce(await door.nonce(signer)).user_created).toBe(true)
    expect(readNonce(await door.nonce(signer)).user_created).toBe(false)
    await door.signIn(signer)
    expect(readNonce(await door.nonce(signer)).user_created).toBe(false)
    const begun = ethereumSigner()
    await door.begin(begun)
    expect(readNonce(await door.nonce(begun)).user_created).toBe(false)
    const { user_id } = await door.createUser({ email: newEmail() })
    expect(readNonce(await door.nonce(ethereumSigner(), { user_id })).user_created).toBe(false)
  })

  it('MOON-18: nonces are evenly random: every character occurs, none repeats a nonce', async () => {
    const signer = ethereumSigner()
    const nonces = []
    for (let i = 0; i < 60; i += 1) nonces.push(readNonce(await door.nonce(signer)).nonce)
    expect(new Set(nonces).size).toBe(60)
    expect(new Set(nonces.join('')).size).toBe(62)
  })
})

describe('pending users that nobody claims', () => {
  it('MOON-13: memory forgets them when their time is over', async () => {
    const stores = openStoresForTests('memory')
    const door = await openDoor(stores)
    const signer = ethereumSigner()
    const { user_id: userId } = readBegin(await door.begin(signer))
    // Memory tidies up while it writes, every thousand writes or so.
    const write = async () => {
      for (let i = 0; i < 1_100; i += 1) await door.begin(solanaSigner())
    }
    door.clock.advance(23 * HOUR_MS)
    await write()
    expect((await door.get(`${USERS}/${userId}`)).status).toBe(200)
    door.clock.advance(26 * HOUR_MS)
    await write()
    expect(refusalOf(await door.get(`${USERS}/${userId}`))).toBe('404 user_not_found')
    expect(readBegin(await door.begin(signer)).user_id).not.toBe(userId)
    await stores.close()
  })

  it('MOON-13: Redis keeps them for two days at most, and what they were promised with them', async () => {
    const stores = openStoresForTests('redis')
    const redis = new Redis(inject('redisUrl'))
    try {
      const door = await openDoor(stores)
      const before = new Set(await keysOf(redis, door.project.id))
      for (let i = 0; i < 3; i += 1) await door.begin(ethereumSigner())
      await door.nonce(solanaSigner())
      const added = (await keysOf(redis, door.project.id)).filter((key) => !before.has(key))
      expect(added.length).toBeGreaterThanOrEqual(4 * 3) // A user, a promise and a challenge each.
      for (const key of added) {
        const ttl = await redis.pttl(key)
        expect(ttl, key).toBeGreaterThan(0)
        expect(ttl, key).toBeLessThanOrEqual(48 * HOUR_MS)
      }
    } finally {
      redis.disconnect()
      await stores.close()
    }
  })

  it('MOON-13: one who signs in is kept for good', async () => {
    const stores = openStoresForTests('redis')
    const redis = new Redis(inject('redisUrl'))
    try {
      const door = await openDoor(stores)
      const { user_id: userId } = await door.signIn(ethereumSigner())
      const own = (await keysOf(redis, door.project.id)).filter((key) => key.includes(userId))
      expect(own.length).toBeGreaterThan(0)
      const lives = await Promise.all(own.map((key) => redis.pttl(key)))
      expect(lives.filter((ttl) => ttl !== -1)).toEqual([])
    } finally {
      redis.disconnect()
      await stores.close()
    }
  })
})

async function keysOf(redis: Redis, projectId: string): Promise<readonly string[]> {
  return (await redis.keys('*')).filter((key) => key.includes(projectId))
}

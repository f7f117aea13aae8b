import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { formatAccountId } from '../../../core/accounts/account.ts'
import { newKsuid } from '../../../core/ids.ts'
import { createSystemRandom } from '../../../core/random.ts'
import { newRefreshToken, referToRefreshToken } from '../../../core/sessions/refresh-token.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { interceptStores } from '../../support/intercept-stores.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { type FourMicaDoor, openDoor, readTokens, START } from './door.ts'

const random = createSystemRandom()
const DAY_MS = 86_400_000
const REFRESH_TTL_MS = 30 * DAY_MS

describe.each(STORES)('4mica refresh and logout on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: FourMicaDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  const REFUSED = [401, { error: 'invalid refresh token' }]
  const answerOf = async (refreshToken: unknown) => {
    const { status, body } = await door.refresh(refreshToken)
    return [status, body]
  }

  it('4MICA-18: a refresh token is rfr_ and at least 256 random bits, a new one every time', async () => {
    const seen = new Set<string>()
    let { refresh_token } = await door.signIn()
    for (let i = 0; i < 10; i += 1) {
      expect(refresh_token).toMatch(/^rfr_[\w-]{43,}$/)
      seen.add(refresh_token)
      refresh_token = readTokens(await door.refresh(refresh_token)).refresh_token
    }
    expect(seen.size).toBe(10)
    expect(new Set([...seen].map((token) => token.slice(-43))).size).toBe(10)
  })

  it('4MICA-18: the old token is 401 from then on, and the new one is not harmed by it', async () => {
    const first = (await door.signIn()).refresh_token
    const second = readTokens(await door.refresh(first)).refresh_token
    for (let i = 0; i < 3; i += 1) expect(await answerOf(first)).toEqual(REFUSED)
    const third = readTokens(await door.refresh(second)).refresh_token
    expect(await answerOf(first)).toEqual(REFUSED)
    expect(await answerOf(second)).toEqual(REFUSED)
    readTokens(await door.refresh(third))
  })

  it('4MICA-18: the store is never given a refresh token', async () => {
    const given: string[] = []
    const recording = interceptStores(stores, (_, args, run) => {
      given.push(JSON.stringify(args))
      return run()
    })
    const own = await openDoor(recording)
    const first = (await own.signIn()).refresh_token
    const second = readTokens(await own.refresh(first)).refresh_token
    await own.refresh(first)
    await own.logout(second)
    expect(given.join('\n')).toContain(own.project.id)
    for (const token of [first, second]) {
      expect(given.join('\n')).not.toContain(token)
      expect(given.join('\n')).not.toContain(token.slice(-43))
    }
  })

  it('4MICA-18: a refresh gives a full new life, from any point of the old one', async () => {
    const own = await openDoor(stores)
    let { refresh_token } = await own.signIn()
    for (let i = 0; i < 4; i += 1) {
      own.clock.advance(29 * DAY_MS)
      refresh_token = readTokens(await own.refresh(refresh_token)).refresh_token
    }
    own.clock.advance(REFRESH_TTL_MS - 1)
    readTokens(await own.refresh(refresh_token))
  })

  it.each([0, 1, 1_000])('4MICA-19: a token is 401 from %i ms after its last moment on', async (late) => {
    const own = await openDoor(stores)
    const { refresh_token } = await own.signIn()
    own.clock.advance(REFRESH_TTL_MS + late)
    const answer = await own.refresh(refresh_token)
    expect([answer.status, answer.body]).toEqual(REFUSED)
  })

  it('4MICA-19: every token that cannot be used gets the very same 401', async () => {
    const wallet = newEthereumWallet()
    const live = (await door.signIn(wallet)).refresh_token
    const loggedOut = (await door.signIn(wallet)).refresh_token
    await door.logout(loggedOut)
    const { access_token, refresh_token: rotated } = await door.signIn(wallet)
    readTokens(await door.refresh(rotated))
    const flipped = live.slice(0, -1) + (live.endsWith('A') ? 'B' : 'A')
    const tokens = [
      '',
      ' ',
      'x',
      'rfr_',
      `refresh_${'0'.repeat(64)}`,
      `rfr_${'0'.repeat(70)}`,
      `rfr_imported_${'A'.repeat(86)}`,
      loggedOut,
      rotated,
      access_token,
      flipped,
      ` ${live}`,
      `${live}\n`,
      `${live}=`,
      live.slice(0, -1),
      live.slice(4),
      live.toUpperCase(),
      live.replace('rfr_', 'RFR_'),
    ]
    for (const token of tokens) expect(await answerOf(token)).toEqual(REFUSED)
    readTokens(await door.refresh(live))
  })

  it('4MICA-19: a refresh token of another dialect’s session is 401, and logs nobody out', async () => {
    const wallet = newEthereumWallet()
    await door.signIn(wallet)
    const known = await stores.identities.findWallet(door.project.id, door.account(wallet))
    if (known === null) throw new Error('no wallet')
    const accountId = formatAccountId(known.account)
    const factor = { kind: 'wallet', credentialId: known.id, accountId, verifiedAt: START } as const
    for (const dialect of ['walletkit', 'fourmica'] as const) {
      const owner = { projectId: door.project.id, userId: known.userId, door: dialect }
      const id = `sess_${newKsuid(START, random)}`
      const times = { createdAt: START, lastActiveAt: START, expiresAt: new Date(START.getTime() + DAY_MS) }
      const refreshToken = newRefreshToken(id, random)
      const record = { hash: referToRefreshToken(refreshToken).hash, expiresAt: times.expiresAt }
      await stores.sessions.open({ ...owner, ...times, id, factors: [factor], device: null }, record)
      if (dialect === 'fourmica') {
        readTokens(await door.refresh(refreshToken))
        continue
      }
      expect(await answerOf(refreshToken)).toEqual(REFUSED)
      expect((await door.logout(refreshToken)).body).toEqual({ revoked: false })
      expect(await stores.sessions.find(door.project.id, id, START)).not.toBeNull()
    }
  })

  it('4MICA-20: logout is true once and false ever after, and the token is dead', async () => {
    const { refresh_token } = await door.signIn()
    const bodies = []
    for (let i = 0; i < 3; i += 1) bodies.push((await door.logout(refresh_token)).body)
    expect(bodies).toEqual([{ revoked: true }, { revoked: false }, { revoked: false }])
    expect(await answerOf(refresh_token)).toEqual(REFUSED)
  })

  it('4MICA-20: logging out an expired token is still a first time', async () => {
    const own = await openDoor(stores)
    const { refresh_token } = await own.signIn()
    own.clock.advance(REFRESH_TTL_MS + 60_000)
    expect((await own.logout(refresh_token)).body).toEqual({ revoked: true })
    expect((await own.logout(refresh_token)).body).toEqual({ revoked: false })
  })

  it('4MICA-20: a rotated token revokes nothing', async () => {
    const first = (await door.signIn()).refresh_token
    const second = readTokens(await door.refresh(first)).refresh_token
    expect((await door.logout(first)).body).toEqual({ revoked: false })
    readTokens(await door.refresh(second))
  })

  it.each(['', 'x', `refresh_${'0'.repeat(64)}`, `rfr_${'0'.repeat(70)}`])(
    '4MICA-20: logging out the unknown token "%s" is 200 and false',
    async (token) => {
      const answer = await door.logout(token)
      expect([answer.status, answer.body]).toEqual([200, { revoked: false }])
    },
  )

  it('4MICA-20: other sessions of the same wallet live on', async () => {
    const wallet = newEthereumWallet()
    const [one, two] = [await door.signIn(wallet), await door.signIn(wallet)]
    expect((await door.logout(one.refresh_token)).body).toEqual({ revoked: true })
    readTokens(await door.refresh(two.refresh_token))
    await door.signIn(wallet)
  })
})

describe('4mica refresh tokens in Redis', () => {
  it('4MICA-18: no key and no value holds a refresh token or its random part', async () => {
    const stores = openStoresForTests('redis')
    const redis = new Redis(inject('redisUrl'))
    try {
      const door = await openDoor(stores)
      const first = (await door.signIn()).refresh_token
      const second = readTokens(await door.refresh(first)).refresh_token
      const stored = await dump(redis, door.project.id)
      expect(stored.length).toBeGreaterThan(3)
      for (const token of [first, second]) expect(stored.join('\n')).not.toContain(token.slice(-43))
    } finally {
      redis.disconnect()
      await stores.close()
    }
  })
})

/** Every key that names the project, with what is under it. */
async function dump(redis: Redis, projectId: string): Promise<readonly string[]> {
  const keys = (await redis.keys('*')).filter((key) => key.includes(projectId))
  const values = await Promise.all(
    keys.map(async (key) => {
      const type = await redis.type(key)
      const commands: Record<string, readonly [string, ...string[]]> = {
        string: ['get', key],
        hash: ['hgetall', key],
        zset: ['zrange', key, '0', '-1'],
        set: ['smembers', key],
        list: ['lrange', key, '0', '-1'],
      }
      const [command, ...args] = commands[type] ?? ['type', key]
      return `${key} ${type} ${JSON.stringify(await redis.call(command, ...args))}`
    }),
  )
  return values
}

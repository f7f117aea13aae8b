import { randomBytes } from 'node:crypto'
import type { Account } from '../../core/accounts/account.ts'
import { formatAccountId } from '../../core/accounts/account.ts'
import { draftUser, draftWallet } from '../../core/identities/draft.ts'
import { createSystemRandom } from '../../core/random.ts'
import { draftSession } from '../../core/sessions/draft-session.ts'
import { openRedisStores } from '../../core/stores/redis/redis-stores.ts'
import { BENCH_PROJECT_ID } from '../flows.ts'
import type { WatchedRedis } from '../redis-usage.ts'

const DAY_SECONDS = 86_400
const AT_A_TIME = 500
const random = createSystemRandom()

export interface Filled {
  readonly sessionIds: readonly string[]
  readonly bytesPerUser: number
  readonly bytesPerSession: number
}

/** Fills a Redis with users, each with a wallet and a session, as sign-ins leave them. */
export async function fill(port: number, redis: WatchedRedis, count: number): Promise<Filled> {
  const access = { username: null, password: null, db: 0, tls: false }
  const stores = openRedisStores({ mode: 'single', node: { host: '127.0.0.1', port }, access })
  try {
    await connected(stores.ping)
    const owners: { userId: string; walletId: string; account: Account }[] = []
    const bytes = async () => (await redis.usage()).memoryBytes
    const empty = await bytes()
    await times(count, async () => {
      const now = new Date()
      const account = { namespace: 'eip155', address: `0x${randomBytes(20).toString('hex')}`, chain: null } as const
      const user = { ...draftUser(BENCH_PROJECT_ID, now, random), status: 'active' } as const
      const wallet = draftWallet(user, account, { verifiedAt: now, access: null }, now, random)
      await stores.imports.importUser(user, [wallet])
      owners.push({ userId: user.id, walletId: wallet.id, account })
    })
    const withUsers = await bytes()
    const sessionIds: string[] = []
    await times(count, async (index) => {
      const owner = owners[index]
      if (owner === undefined) throw new RangeError('a session without a user')
      const now = new Date()
      const factor = {
        kind: 'wallet',
        credentialId: owner.walletId,
        accountId: formatAccountId(owner.account),
        verifiedAt: now,
      } as const
      const device = { userAgent: 'streambird-node/1.0.6', ip: '203.0.113.7' }
      const of = { projectId: BENCH_PROJECT_ID, userId: owner.userId, door: 'moonkey' } as const
      const session = draftSession(of, [factor], { ttlSeconds: DAY_SECONDS, device }, now, random)
      await stores.sessions.open(session, null)
      sessionIds.push(session.id)
    })
    const withAll = await bytes()
    return {
      sessionIds,
      bytesPerUser: (withUsers - empty) / count,
      bytesPerSession: (withAll - withUsers) / count,
    }
  } finally {
    await stores.close()
  }
}

async function times(count: number, act: (index: number) => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done += AT_A_TIME) {
    await Promise.all(Array.from({ length: Math.min(AT_A_TIME, count - done) }, (_, index) => act(done + index)))
  }
}

/** A client fails at once while it is not connected yet. */
async function connected(ping: () => Promise<void>): Promise<void> {
  for (const deadline = Date.now() + 10_000; ; ) {
    try {
      return await ping()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

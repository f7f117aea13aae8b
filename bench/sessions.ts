import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { cpus } from 'node:os'
import { Redis } from 'ioredis'
import { formatAccountId } from '../core/accounts/account.ts'
import { createSystemRandom } from '../core/random.ts'
import { draftSession } from '../core/sessions/draft-session.ts'
import { createSessionTokens } from '../core/sessions/session-token.ts'
import { openRedisStores } from '../core/stores/redis/redis-stores.ts'
import { signJwt } from '../core/tokens/sign-jwt.ts'
import { createSigningKey } from '../core/tokens/signing-key.ts'
import { startRedisServer } from '../test/support/redis-server.ts'
import { BENCH_PROJECT_ID, MOONKEY_SECRET_KEY } from './flows.ts'
import { post } from './http.ts'
import { runMany } from './load.ts'
import { median, startMeasured } from './measure.ts'
import { BENCH_SECRET } from './settings.ts'

/* What `sessions/verify` by token costs with few and with many sessions stored, and what a session takes in Redis. */
const SIZES = (process.env['BENCH_SESSIONS'] ?? '10,1000,100000,1000000').split(',').map(Number)
const ROUNDS = 5
const CALLS = 2_000
const DAY_SECONDS = 86_400

const random = createSystemRandom()
const redis = await startRedisServer()
const client = new Redis(redis.url)
const access = { username: null, password: null, db: 0, tls: false }
const stores = openRedisStores({ mode: 'single', node: { host: '127.0.0.1', port: redis.port }, access })
const tokens = createSessionTokens([Buffer.from(BENCH_SECRET)])
const ids: string[] = []

try {
  const server = await startMeasured('walletgate', redis.url)
  const rs256 = costOfRs256()
  const emptyBytes = await usedMemory()
  console.log(`Node ${process.version}, ${cpus()[0]?.model.trim()}, medians of ${ROUNDS} rounds of ${CALLS} calls`)
  console.log(`The RS256 signature in each answer costs ${rs256.toFixed(0)} µs by itself.\n`)
  console.log('| sessions stored | CPU µs per sessions/verify | beside RS256 | bytes per session in Redis |')
  console.log('|---:|---:|---:|---:|')
  for (const size of SIZES) {
    await fillTo(size)
    const costs: number[] = []
    for (let round = -1; round < ROUNDS; round += 1) {
      const before = await server.usage()
      await runMany((agent) => verify(agent, server.port), CALLS, 16)
      const after = await server.usage()
      if (round >= 0) costs.push((after.cpuMicroseconds - before.cpuMicroseconds) / CALLS)
    }
    const cost = median(costs)
    const bytes = ((await usedMemory()) - emptyBytes) / size
    console.log(`| ${size} | ${cost.toFixed(0)} | ${(cost - rs256).toFixed(0)} | ${bytes.toFixed(0)} |`)
  }
  server.stop()
} finally {
  client.disconnect()
  await stores.close()
  await redis.stop()
}

function verify(agent: Parameters<typeof post>[0], port: number): Promise<unknown> {
  const id = ids[Math.floor(Math.random() * ids.length)] ?? ''
  const body = { session_token: tokens.derive(BENCH_PROJECT_ID, id) }
  return post(agent, port, '/v1/auth/sessions/verify', body, { authorization: `Bearer ${MOONKEY_SECRET_KEY}` })
}

/** Sessions as a sign-in leaves them, each of a user of its own. */
async function fillTo(size: number): Promise<void> {
  const one = async () => {
    const now = new Date()
    const address = `0x${randomBytes(20).toString('hex')}`
    const accountId = formatAccountId({ namespace: 'eip155', address, chain: null })
    const owner = {
      projectId: BENCH_PROJECT_ID,
      userId: `user_${randomBytes(20).toString('hex').slice(0, 27)}`,
      door: 'moonkey',
    } as const
    const factor = { kind: 'wallet', credentialId: `wallet_${'w'.repeat(27)}`, accountId, verifiedAt: now } as const
    const device = { userAgent: 'streambird-node/1.0.6', ip: '203.0.113.7' }
    const session = draftSession(owner, [factor], { ttlSeconds: DAY_SECONDS, device }, now, random)
    await stores.sessions.open(session, null)
    ids.push(session.id)
  }
  while (ids.length < size) await Promise.all(Array.from({ length: Math.min(500, size - ids.length) }, one))
}

async function usedMemory(): Promise<number> {
  const info = await client.info('memory')
  return Number(/used_memory:(\d+)/.exec(info)?.[1])
}

function costOfRs256(): number {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = createSigningKey('RS256', privateKey, 'bench')
  for (let warm = 0; warm < 200; warm += 1) signJwt(key, { warm })
  const before = process.cpuUsage()
  for (let call = 0; call < 1_000; call += 1) signJwt(key, { call })
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FAULTS } from '../../src/rpc/faults.ts'
import type { Answer } from '../../support/api-client.ts'
import { type Fault, honest, httpAnswer } from '../../support/evm/faulty-rpc.ts'
import { STORES, type StoreName } from '../../support/gateway.ts'
import { freePort } from '../../support/redis-server.ts'
import { ethereumSigner } from '../../support/signers.ts'
import { deployOwned } from './accounts.ts'
import {
  type Attempt,
  DOOR_NAMES,
  DOORS,
  type Faces,
  type OpenedProjects,
  openProjects,
  reasonOf,
  signIn,
  userOf,
  verdictOf,
  walletOf,
} from './doors.ts'
import { type Ground, HOME, prepareGround } from './ground.ts'

const readGround = prepareGround()

/** One server, which is given 2 s; on a machine that is busy. */
const BOUND_MS = 5_000
/** Each takes 2 s: the core's own tests have the others. */
const SLOW = new Set(['says nothing', 'stalls in the middle of the body', 'drips its body', 'goes on announcing'])

/** An honest answer of another chain's node. */
const otherChain: Fault = async ({ socket, body }) => {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(readGround().awayRpc.url, { method: 'POST', headers, body: JSON.stringify(body) })
  socket.write(httpAnswer(await response.text()))
}

const CASES: typeof FAULTS = [
  ...FAULTS.filter(([reason, title]) => reason !== 'rpc_timeout' || SLOW.has(title)),
  ['rpc_wrong_chain', 'answers for another chain', otherChain],
]

/** What a server does wrong is the same to both stores: on Redis one case of each reason is enough. */
const casesOn = (store: StoreName) =>
  CASES.filter(
    ([reason, title], index) =>
      store === 'memory' ||
      title === 'stalls in the middle of the body' ||
      CASES.findIndex((each) => each[0] === reason) === index,
  )

interface Waiting extends Attempt {
  readonly name: (typeof DOOR_NAMES)[number]
  readonly address: string
  readonly signature: string
}

describe.each(STORES)('an RPC server that fails, on %s', (store) => {
  let opened: OpenedProjects
  beforeAll(async () => {
    opened = await openProjects(store, readGround())
  })
  afterAll(() => opened?.close())
  afterEach(() => {
    readGround().homeRpc.fault = honest
  })

  /** A signed sign-in through each door. */
  const prepare = async (faces: Faces, ground: Pick<Ground, 'home'> = readGround()): Promise<readonly Waiting[]> => {
    const account = await deployOwned(ground.home)
    return Promise.all(
      DOOR_NAMES.map(async (name) => {
        const attempt = await DOORS[name].begin(faces, account.address)
        return { ...attempt, name, address: account.address, signature: await account.sign(attempt.text) }
      }),
    )
  }
  const expectUnavailable = ({ name }: Waiting, answer: Answer, reason: string) => {
    expect(`${name}: ${verdictOf(answer)} (${reasonOf(opened.gateway, answer)})`).toBe(
      `${name}: ${DOORS[name].unavailable} (chain_unavailable: ${reason})`,
    )
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    expect(answer.text).not.toMatch(/rpc|127\.0\.0\.1|signature/i)
  }
  const readiness = async () => {
    const answer = await opened.gateway.app.request('/readyz')
    const { chains, ...rest } = (await answer.json()) as { readonly chains: Readonly<Record<string, string>> }
    expect([answer.status, rest]).toEqual([200, { status: 'ready', store: 'ok' }])
    return chains[`eip155:${HOME}`]
  }

  it('is told from one that nobody has asked yet', async () => {
    const fresh = await openProjects(store, readGround())
    try {
      const answer = await fresh.gateway.app.request('/readyz')
      const chains = { 'eip155:84532': 'unknown', 'eip155:10': 'unknown' }
      expect([answer.status, await answer.json()]).toEqual([200, { status: 'ready', store: 'ok', chains }])
    } finally {
      await fresh.close()
    }
  })

  it.each(casesOn(store))(
    '(%s) %s: nobody is let in or turned away, and what was signed stays good',
    async (reason, _, fault) => {
      const { one } = opened
      const { homeRpc } = readGround()
      const waiting = await prepare(one)
      homeRpc.fault = fault
      const before = homeRpc.bodies.length
      await Promise.all(
        waiting.map(async (each) => {
          const since = performance.now()
          expectUnavailable(each, await each.submit(each.signature), reason)
          expect(performance.now() - since).toBeLessThan(BOUND_MS)
        }),
      )
      expect(homeRpc.bodies.length - before).toBeGreaterThanOrEqual(waiting.length)
      expect(await walletOf(opened, one, waiting[0]?.address ?? '', HOME)).toBeNull()
      expect(await readiness()).toBe('failing')

      homeRpc.fault = honest
      const users = new Set<string>()
      for (const each of waiting) users.add(await userOf(opened, one, await each.submit(each.signature), each))
      expect(users.size).toBe(1)
      expect(await readiness()).toBe('ok')
    },
  )

  it('(rpc_unreachable) refuses connections: the same, until it is there', async () => {
    const { homeRpc } = readGround()
    const port = await freePort()
    const gone = { ...readGround(), homeRpc: { ...homeRpc, url: `http://127.0.0.1:${port}` } }
    const own = opened
    opened = await openProjects(store, gone)
    const relay = createServer((socket) => {
      const node = connect(Number(new URL(homeRpc.url).port), '127.0.0.1')
      socket.pipe(node).pipe(socket)
      for (const each of [socket, node]) each.on('error', () => {})
    })
    try {
      const waiting = await prepare(opened.one)
      for (const each of waiting) expectUnavailable(each, await each.submit(each.signature), 'rpc_unreachable')
      expect(await readiness()).toBe('failing')
      relay.listen(port, '127.0.0.1')
      await once(relay, 'listening')
      for (const each of waiting) await userOf(opened, opened.one, await each.submit(each.signature), each)
      expect(await readiness()).toBe('ok')
    } finally {
      relay.close()
      await opened.close()
      opened = own
    }
  })

  it('keys sign in meanwhile, without a connection to it', async () => {
    const { homeRpc } = readGround()
    homeRpc.fault = () => {}
    const before = [homeRpc.bodies.length, homeRpc.connections()]
    for (const faces of [opened.one, opened.both]) {
      for (const name of DOOR_NAMES) {
        const signer = ethereumSigner()
        const first = await signIn(faces, name, signer)
        await userOf(opened, faces, first, signer, null)
        expect(verdictOf(await DOORS[name].keep(faces, first))).toBe('200')
        await userOf(opened, faces, await signIn(faces, name, signer), signer, null)
      }
    }
    expect([homeRpc.bodies.length, homeRpc.connections()]).toEqual(before)
  })

  it('sixteen of a project wait for it; the rest is told at once, and others are not concerned', async () => {
    const { homeRpc, home } = readGround()
    const { one, other } = opened
    const account = await deployOwned(home)
    const attempts = await Promise.all(
      Array.from({ length: 24 }, async () => {
        const attempt = await DOORS.WalletKit.begin(one, account.address)
        return { ...attempt, signature: await account.sign(attempt.text) }
      }),
    )
    const elsewhere = await DOORS.WalletKit.begin(other, account.address)
    homeRpc.fault = () => {}
    const before = homeRpc.bodies.length
    const answers = await Promise.all([
      ...attempts.map(({ submit, signature }) => submit(signature)),
      account.sign(elsewhere.text).then((signature) => elsewhere.submit(signature)),
    ])
    for (const answer of answers) expect(verdictOf(answer)).toBe(DOORS.WalletKit.unavailable)
    const reasons = answers.map((answer) => reasonOf(opened.gateway, answer))
    const count = (reason: string) => reasons.filter((each) => each === `chain_unavailable: ${reason}`).length
    expect([count('rpc_timeout'), count('rpc_busy')]).toEqual([17, 8])
    expect(reasons.at(-1)).toBe('chain_unavailable: rpc_timeout')
    expect(homeRpc.bodies.length - before).toBe(17)
    homeRpc.fault = honest
    for (const { submit, signature } of attempts) await userOf(opened, one, await submit(signature), account)
  })
})

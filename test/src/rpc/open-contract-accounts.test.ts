import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Address } from 'viem'
import { hexToBytes } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ContractVerdict } from '../../../core/chains/contract-accounts.ts'
import {
  type ContractAccountsPool,
  createContractAccountsPool,
  type OpenContractAccounts,
  openContractAccounts,
} from '../../../src/rpc/open-contract-accounts.ts'
import type { RpcLimits } from '../../../src/rpc/rpc-limits.ts'
import { newKey } from '../../support/evm/accounts.ts'
import { type Anvil, startAnvil } from '../../support/evm/anvil.ts'
import { type Fault, type FaultyRpc, honest, httpAnswer, startFaultyRpc } from '../../support/evm/faulty-rpc.ts'
import { initCodeOf, openTestChain } from '../../support/evm/test-chain.ts'
import { freePort } from '../../support/redis-server.ts'
import { FAULTS } from './faults.ts'

const LIMITS: RpcLimits = {
  totalMs: 5_000,
  attemptMs: 700,
  answerBytes: 64 * 1024,
  concurrency: 4,
  setAsideMs: 60_000,
}
/** For an attempt of 700 ms, on a machine that is busy. */
const SOON_MS = 5_000
const TEXT = 'hello'
const ACCEPTED = { verdict: 'valid', reason: 'contract_accepted' }

const owner = newKey()
let anvil: Anvil
let address: Address
let signature: Uint8Array
const closing: (() => unknown)[] = []

beforeAll(async () => {
  anvil = await startAnvil(31_337)
  address = await openTestChain(anvil).deploy(initCodeOf('OwnedWallet', 'address', [owner.address]))
  signature = hexToBytes(await owner.signMessage({ message: TEXT }))
})

afterAll(() => anvil?.stop())

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function faulty(fault: Fault): Promise<FaultyRpc> {
  const rpc = await startFaultyRpc(anvil.url, fault)
  closing.push(() => rpc.stop())
  return rpc
}

async function open(urls: readonly string[], limits: Partial<RpcLimits> = {}, elapsed?: () => number) {
  const evmRpcUrls = { 'eip155:31337': urls, 'eip155:1': [anvil.url] }
  const projects = ['p', 'q'].map((id) => ({ id, evmRpcUrls, allowedFactories: null }))
  const opened = await openContractAccounts(projects, { ...LIMITS, ...limits }, elapsed)
  closing.push(() => opened.close())
  return opened
}

function ask({ contractAccounts }: OpenContractAccounts, { chain = '31337', projectId = 'p' } = {}) {
  return contractAccounts.verify({ projectId, chain, address, message: Buffer.from(TEXT), signature })
}

const stateOf = (opened: OpenContractAccounts) => opened.state().find(({ projectId }) => projectId === 'p')

describe('an RPC server that fails', () => {
  it('is told from one that does not: the harness passes an honest answer on', async () => {
    const rpc = await faulty(honest)
    expect(await ask(await open([rpc.url]))).toEqual(ACCEPTED)
  })

  it.each(FAULTS)('could not check, %s: %s', async (reason, _title, fault) => {
    const rpc = await faulty(fault)
    const opened = await open([rpc.url])
    const since = performance.now()
    expect(await ask(opened)).toEqual({ verdict: 'unchecked', reason })
    expect(performance.now() - since).toBeLessThan(SOON_MS)
    expect(rpc.bodies).toHaveLength(1)
    expect(stateOf(opened)).toMatchObject({
      callsUnderWay: 0,
      requests: { [reason]: 1 },
      servers: [{ lastOutcome: reason }],
      verdicts: { [reason]: 1 },
    })
  })

  it.each(FAULTS)(
    'gives way to the next server, and is asked last for a while: %s, %s',
    async (reason, _title, fault) => {
      const broken = await faulty(fault)
      const opened = await open([broken.url, anvil.url])
      expect(await ask(opened)).toEqual(ACCEPTED)
      expect(await ask(opened)).toEqual(ACCEPTED)
      expect(broken.bodies).toHaveLength(1)
      expect(stateOf(opened)).toMatchObject({
        requests: { [reason]: 1, answered: 2 },
        servers: [{ lastOutcome: reason }, { lastOutcome: 'answered' }],
        verdicts: { contract_accepted: 2 },
      })
    },
  )

  it('could not check when nobody listens, when it speaks no TLS, and when its name means nothing', async () => {
    const nobody = `127.0.0.1:${await freePort()}`
    const plain = new URL(anvil.url).host
    for (const url of [`http://${nobody}`, `https://${plain}`, 'http://name.invalid']) {
      const verdict = await ask(await open([url]))
      // A resolver may take its time to find that there is no such name.
      expect(['rpc_unreachable', ...(url.endsWith('.invalid') ? ['rpc_timeout'] : [])]).toContain(verdict.reason)
      expect(verdict.verdict).toBe('unchecked')
      expect(await ask(await open([url, anvil.url]))).toEqual(ACCEPTED)
    }
  })

  it.each([301, 302, 303, 307, 308])('is not followed elsewhere: %i', async (status) => {
    const elsewhere = await faulty(honest)
    const headers = `location: ${elsewhere.url}/\r\n`
    const rpc = await faulty(({ socket }) => void socket.write(httpAnswer('', { status: `${status} Moved`, headers })))
    expect(await ask(await open([rpc.url]))).toEqual({ verdict: 'unchecked', reason: 'rpc_redirected' })
    expect(elsewhere.connections()).toBe(0)
  })

  it('could not check when it serves another chain, and its verdict counts for nothing', async () => {
    const opened = await open([anvil.url])
    expect(await ask(opened, { chain: '1' })).toEqual({ verdict: 'unchecked', reason: 'rpc_wrong_chain' })
    const other = await startAnvil(5)
    closing.push(() => other.stop())
    expect(await ask(await open([other.url, anvil.url]))).toEqual(ACCEPTED)
  })
})

describe('bounds', () => {
  it('asks no further server once the time is over', async () => {
    const silent = await Promise.all([1, 2, 3].map(() => faulty(() => {})))
    const opened = await open(
      silent.map(({ url }) => url),
      { totalMs: 400, attemptMs: 300 },
    )
    const since = performance.now()
    expect(await ask(opened)).toEqual({ verdict: 'unchecked', reason: 'rpc_timeout' })
    expect(performance.now() - since).toBeLessThan(SOON_MS)
    expect(silent.map(({ bodies }) => bodies.length)).toEqual([1, 1, 0])
  })

  it('turns away at once what is too much for one project on one chain, and nobody else', async () => {
    const silent = await faulty(() => {})
    const opened = await open([silent.url])
    const asked = Array.from({ length: LIMITS.concurrency }, () => ask(opened))
    const excess = await Promise.race([ask(opened), ...asked])
    expect(excess).toEqual({ verdict: 'unchecked', reason: 'rpc_busy' })
    expect((await ask(opened, { chain: '1' })).reason).toBe('rpc_wrong_chain')
    expect((await ask(opened, { projectId: 'q' })).reason).toBe('rpc_timeout')
    const timedOut = { verdict: 'unchecked', reason: 'rpc_timeout' }
    expect(await Promise.all(asked)).toEqual(asked.map(() => timedOut))
    expect(stateOf(opened)).toMatchObject({ callsUnderWay: 0, turnedAway: 1, requests: { rpc_timeout: asked.length } })
    expect((await ask(opened)).reason).toBe('rpc_timeout') // and not busy any more
  })

  it('leaves no connection behind to a server that it gave up', async () => {
    let left = 0
    const silent = await faulty(({ socket }) => {
      socket.on('close', () => {
        left += 1
      })
    })
    const opened = await open([silent.url], { attemptMs: 50 })
    await Promise.all([ask(opened), ask(opened), ask(opened)])
    await expect.poll(() => left).toBe(3)
  })
})

describe('servers that are kept', () => {
  it('keeps the connection', async () => {
    const rpc = await faulty(honest)
    const opened = await open([rpc.url])
    for (let turn = 0; turn < 10; turn += 1) expect(await ask(opened)).toEqual(ACCEPTED)
    expect(rpc.connections()).toBe(1)
    expect(rpc.bodies).toHaveLength(10)
  })

  it('asks once more where a kept connection was closed meanwhile', async () => {
    const rpc = await faulty((exchange) =>
      exchange.turn === 1 ? honest(exchange) : void exchange.socket.resetAndDestroy(),
    )
    const opened = await open([rpc.url])
    const verdicts: ContractVerdict[] = []
    for (let turn = 0; turn < 3; turn += 1) verdicts.push(await ask(opened))
    expect(verdicts).toEqual([ACCEPTED, ACCEPTED, ACCEPTED])
    expect(stateOf(opened)?.requests).toEqual({ answered: 3 })
  })

  it('asks a server that failed again after a while, and first again once it answers', async () => {
    let now = 0
    let broken = true
    const first = await faulty((exchange) => (broken ? void exchange.socket.resetAndDestroy() : honest(exchange)))
    const second = await faulty(honest)
    const opened = await open([first.url, second.url], { setAsideMs: 1_000 }, () => now)
    const asked = async () => {
      expect(await ask(opened)).toEqual(ACCEPTED)
      return [first.bodies.length, second.bodies.length]
    }
    expect(await asked()).toEqual([1, 1])
    now = 999
    expect(await asked()).toEqual([1, 2])
    now = 1_000
    expect(await asked()).toEqual([2, 3])
    now = 2_000
    broken = false
    expect(await asked()).toEqual([3, 3])
    expect(await asked()).toEqual([4, 3])
  })

  it('asks a server that failed when every other one failed too', async () => {
    const broken = await Promise.all([1, 2].map(() => faulty(({ socket }) => void socket.resetAndDestroy())))
    const opened = await open(broken.map(({ url }) => url))
    for (let turn = 1; turn <= 3; turn += 1) {
      expect(await ask(opened)).toEqual({ verdict: 'unchecked', reason: 'rpc_connection_lost' })
      expect(broken.map(({ bodies }) => bodies.length)).toEqual([turn, turn])
    }
  })

  it('connects to nobody before the first question', async () => {
    const rpc = await faulty(honest)
    const opened = await open([rpc.url])
    expect(opened.contractAccounts.serves('p', '31337')).toBe(true)
    expect(stateOf(opened)).toEqual({
      projectId: 'p',
      chainId: 'eip155:31337',
      callsUnderWay: 0,
      turnedAway: 0,
      requests: {},
      servers: [{ lastOutcome: null }],
      verdicts: {},
      milliseconds: 0,
    })
    expect(rpc.connections()).toBe(0)
  })
})

describe('a pool, from one set of projects to the next', () => {
  const project = (id: string, ...urls: string[]) => ({
    id,
    evmRpcUrls: { 'eip155:31337': urls },
    allowedFactories: null,
  })
  const requests = (pool: ContractAccountsPool) =>
    pool.counts().reduce((sum, { requests: { answered = 0 } }) => sum + answered, 0)

  it('keeps connections and counts of servers that stay, and loses no count of those that go', async () => {
    const [stays, goes] = [await faulty(honest), await faulty(honest)]
    const pool = createContractAccountsPool(LIMITS)
    const first = await pool.open([project('p', stays.url), project('q', goes.url)])
    expect(await ask(first)).toEqual(ACCEPTED)
    expect(await ask(first, { projectId: 'q' })).toEqual(ACCEPTED)
    const second = await pool.open([project('p', stays.url)])
    closing.push(() => second.close())
    first.retire()
    expect(await ask(second)).toEqual(ACCEPTED)
    expect(stays.connections()).toBe(1)
    expect(second.contractAccounts.serves('q', '31337')).toBe(false)
    expect(second.state()).toMatchObject([{ projectId: 'p', requests: { answered: 2 } }])
    expect(requests(pool)).toBe(3)
    // Other servers of the same chain are others, though they are the same project's.
    const third = await pool.open([project('p', goes.url)])
    closing.push(() => third.close())
    second.retire()
    expect(third.state()).toMatchObject([{ requests: {} }])
    expect(requests(pool)).toBe(3)
    expect(pool.counts().reduce((sum, { verdicts }) => sum + (verdicts.contract_accepted ?? 0), 0)).toBe(3)
  })

  it('lets a question finish whose project is gone, and closes its connection then', async () => {
    let release = () => {}
    const asked = new Promise<void>((resolveAsked) => {
      release = resolveAsked
    })
    let answer = () => {}
    const slow = await faulty(async (exchange) => {
      release()
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      await honest(exchange)
    })
    const pool = createContractAccountsPool(LIMITS)
    const first = await pool.open([project('p', slow.url)])
    const verdict = ask(first)
    await asked
    first.retire()
    answer()
    expect(await verdict).toEqual(ACCEPTED)
  })

  it('holds on to nothing of projects that could not be opened', async () => {
    const rpc = await faulty(honest)
    const pool = createContractAccountsPool(LIMITS)
    await expect(pool.open([project('p', rpc.url), project('q', 'ftp://x')])).rejects.toThrow(TypeError)
    expect(pool.counts()).toEqual([])
  })
})

describe('what URLs hold', () => {
  it('is sent to their server and shown to nobody', async () => {
    const rpc = await faulty(honest)
    const { host } = new URL(rpc.url)
    const opened = await open([`http://us%40er:top-secret@${host}/v2/api-key?token=other-secret`])
    expect(await ask(opened)).toEqual(ACCEPTED)
    const credentials = Buffer.from('us@er:top-secret').toString('base64')
    expect(rpc.heads[0]).toContain('POST /v2/api-key?token=other-secret HTTP/1.1')
    expect(rpc.heads[0]?.toLowerCase()).toContain(`authorization: basic ${credentials}`.toLowerCase())
    expect(rpc.heads[0]?.toLowerCase()).toContain('accept-encoding: identity')
    expect(JSON.stringify(opened.state())).not.toMatch(/secret|api-key|127\.0\.0\.1/)
  })

  it.each(['secret', 'ftp://secret', 'http://secret%zz@host'])(
    'stays out of the error for a bad one: %s',
    async (url) => {
      const project = { id: 'p', evmRpcUrls: { 'eip155:1': [url] }, allowedFactories: null }
      const error = await openContractAccounts([project]).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(TypeError)
      expect(String(error)).not.toMatch(/secret/)
      expect((error as Error).cause).toBeUndefined()
    },
  )
})

describe('gas', () => {
  it('could not check where a node gives less than the validator needs', async () => {
    // As a node with a lower cap does: it runs the call with what it grants, and says nothing.
    const capped =
      (gas: number): Fault =>
      async ({ socket, body }) => {
        const [transaction, block] = body.params
        const params = [{ ...(transaction as object), gas: `0x${gas.toString(16)}` }, block]
        const request = { method: 'POST', headers: { 'content-type': 'application/json' } }
        const response = await fetch(anvil.url, { ...request, body: JSON.stringify({ ...body, params }) })
        socket.write(httpAnswer(await response.text()))
      }
    const low = await faulty(capped(1_000_000))
    expect(await ask(await open([low.url]))).toEqual({ verdict: 'unchecked', reason: 'rpc_gas_capped' })
    const tiny = await faulty(capped(90_000))
    expect(await ask(await open([tiny.url]))).toEqual({ verdict: 'unchecked', reason: 'rpc_execution_failed' })
    expect(await ask(await open([tiny.url, low.url, anvil.url]))).toEqual(ACCEPTED)
  })
})

it('a listening port that accepts and never reads is bounded too', async () => {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  const port = bound !== null && typeof bound !== 'string' ? bound.port : 0
  const opened = await open([`http://127.0.0.1:${port}`])
  expect(await ask(opened)).toEqual({ verdict: 'unchecked', reason: 'rpc_timeout' })
  server.close()
})

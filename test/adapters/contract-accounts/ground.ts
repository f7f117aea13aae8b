import type { Address } from 'viem'
import { afterAll, beforeAll } from 'vitest'
import { type Anvil, startAnvil } from '../../support/evm/anvil.ts'
import { type Fault, type FaultyRpc, honest, startFaultyRpc } from '../../support/evm/faulty-rpc.ts'
import { initCodeOf, openTestChain, type TestChain } from '../../support/evm/test-chain.ts'

/** The chain that every project here serves, and the one that only some do. */
export const HOME = 84_532
export const AWAY = 10

/** An RPC server between the gateway and a node, whose manners a test chooses. */
export interface Proxy extends Pick<FaultyRpc, 'url' | 'bodies' | 'heads' | 'connections'> {
  fault: Fault
  stop(): Promise<void>
}

/** Two nodes with the contracts that tests need, and a counting RPC server before each. */
export interface Ground {
  readonly home: TestChain
  readonly away: TestChain
  readonly homeRpc: Proxy
  readonly awayRpc: Proxy
  readonly factory: Address
  readonly hostile: Address
}

async function openProxy(target: Anvil): Promise<Proxy> {
  const state: { fault: Fault } = { fault: honest }
  const rpc = await startFaultyRpc(target.url, (exchange) => state.fault(exchange))
  return Object.assign(state, rpc)
}

/** Opens the ground before all tests of a file and closes it after them. Read it within a test. */
export function prepareGround(): () => Ground {
  let ground: Ground | undefined
  const closing: (() => Promise<unknown>)[] = []
  beforeAll(async () => {
    const [homeNode, awayNode] = await Promise.all([startAnvil(HOME), startAnvil(AWAY)])
    closing.push(homeNode.stop, awayNode.stop)
    const [home, away] = [openTestChain(homeNode), openTestChain(awayNode)]
    const [homeRpc, awayRpc] = await Promise.all([openProxy(homeNode), openProxy(awayNode)])
    closing.push(homeRpc.stop, awayRpc.stop)
    const factory = await home.deploy(initCodeOf('WalletFactory'))
    const hostile = await home.deploy(initCodeOf('HostileFactory'))
    ground = { home, away, homeRpc, awayRpc, factory, hostile }
  })
  afterAll(async () => {
    for (const close of closing.reverse()) await close()
  })
  return () => {
    if (ground === undefined) throw new Error('the nodes are not up yet')
    return ground
  }
}

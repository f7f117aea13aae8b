import { describe, expect, it } from 'vitest'
import { chainHealth } from '../../../src/rpc/chain-health.ts'
import type { ContractAccountsState } from '../../../src/rpc/open-contract-accounts.ts'
import type { RequestOutcome } from '../../../src/rpc/rpc-chain.ts'

const stateOf = (chainId: string, ...outcomes: (RequestOutcome | null)[]): ContractAccountsState => ({
  projectId: 'p',
  chainId,
  callsUnderWay: 0,
  turnedAway: 0,
  requests: {},
  servers: outcomes.map((lastOutcome) => ({ lastOutcome })),
  verdicts: {},
  milliseconds: 0,
})

describe('how a chain does', () => {
  it.each([
    ['unknown', [null, null]],
    ['ok', ['answered']],
    ['ok', ['rpc_timeout', 'answered']],
    ['ok', ['answered', null]],
    ['failing', ['rpc_http_error', null]],
    ['failing', ['rpc_unreachable', 'rpc_wrong_chain']],
  ] as const)('is %s when its servers last ended with %j', (health, outcomes) => {
    expect(chainHealth([stateOf('eip155:1', ...outcomes)])).toEqual({ 'eip155:1': health })
  })

  it('is its worst among the projects that serve it, whatever their order', () => {
    const states = [stateOf('eip155:1', null), stateOf('eip155:1', 'rpc_timeout'), stateOf('eip155:1', 'answered')]
    expect(chainHealth(states)).toEqual({ 'eip155:1': 'failing' })
    expect(chainHealth(states.toReversed())).toEqual({ 'eip155:1': 'failing' })
    expect(chainHealth([stateOf('eip155:1', 'answered'), stateOf('eip155:1', null)])).toEqual({ 'eip155:1': 'ok' })
  })

  it('says nothing where no chain is served', () => {
    expect(chainHealth([])).toEqual({})
  })
})

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Dialect } from '../../../src/cli/explain/dialects.ts'
import { newKey, newSalt, wrapSignature } from '../../support/evm/accounts.ts'
import { type Anvil, startAnvil } from '../../support/evm/anvil.ts'
import { type FaultyRpc, honest, startFaultyRpc } from '../../support/evm/faulty-rpc.ts'
import { deployCall, initCodeOf, openTestChain, type TestChain } from '../../support/evm/test-chain.ts'
import { freePort } from '../../support/redis-server.ts'
import { ExplainKit, type Signer } from './explain-kit.ts'

const CHAIN_ID = 84_532
const DEAD_CHAIN_ID = 8_453
const DIALECTS = ['4mica', 'moonkey', 'walletkit'] as const satisfies readonly Dialect[]
const fields = { chainId: CHAIN_ID }

let anvil: Anvil
let chain: TestChain
let rpc: FaultyRpc
let kit: ExplainKit
beforeAll(async () => {
  anvil = await startAnvil(CHAIN_ID)
  chain = openTestChain(anvil)
  rpc = await startFaultyRpc(anvil.url, honest)
  kit = await ExplainKit.open(inject('redisUrl'), {
    CHAIN_ID: String(CHAIN_ID),
    EVM_RPC_URLS: JSON.stringify({
      [`eip155:${CHAIN_ID}`]: rpc.url,
      [`eip155:${DEAD_CHAIN_ID}`]: `http://127.0.0.1:${await freePort()}`,
    }),
  })
})
afterAll(async () => {
  await kit?.close()
  await rpc?.stop()
  await anvil?.stop()
})

/** A deployed contract account, and the key that owns it. */
async function deployOwned(): Promise<Signer & { readonly stranger: Signer['sign'] }> {
  const [owner, stranger] = [newKey(), newKey()]
  const address = await chain.deploy(initCodeOf('OwnedWallet', 'address', [owner.address]))
  return {
    type: 'ethereum',
    address,
    sign: (message) => owner.signMessage({ message }),
    stranger: (message) => stranger.signMessage({ message }),
  }
}

describe('contract accounts', () => {
  it.each(DIALECTS)('are asked about, once, and accepted by their chain: %s', async (dialect) => {
    const signIn = await kit.prepare(dialect, await deployOwned(), { fields })
    const before = rpc.bodies.length
    const explained = await kit.explain(signIn)
    expect(explained).toMatchObject({ outcome: 'accepted', hints: [], also: [], exitCode: 0 })
    expect(explained.account).toMatchObject({
      id: `eip155:${CHAIN_ID}:${signIn.address}`,
      kind: 'contract',
      contract: 'contract_accepted',
    })
    expect(rpc.bodies.length - before).toBe(1)
    expect(await kit.signIn(signIn)).toBe('accepted')
  })

  it('are accepted undeployed, by their wrapper', async () => {
    const owner = newKey()
    const factory = await chain.deploy(initCodeOf('WalletFactory'))
    const [code, salt] = [initCodeOf('OwnedWallet', 'address', [owner.address]), newSalt()]
    const sign = async (message: string) =>
      wrapSignature(factory, deployCall(code, salt), await owner.signMessage({ message }))
    const account = { type: 'ethereum', address: await chain.locate(factory, code, salt), sign } as const
    const explained = await kit.explain(await kit.prepare('moonkey', account, { fields }))
    expect(explained).toMatchObject({ outcome: 'accepted', account: { contract: 'undeployed_contract_accepted' } })
  })

  it.each(DIALECTS)('refuse who does not own them: %s', async (dialect) => {
    const account = await deployOwned()
    const signIn = await kit.prepare(dialect, account, { fields, sign: account.stranger })
    const explained = await kit.explain(signIn)
    expect(explained).toMatchObject({ outcome: 'refused', hints: [], also: [], exitCode: 1 })
    expect(explained.refusal).toMatchObject({ code: 'signature_invalid', reason: 'contract_refused' })
    expect(explained.account.kind).toBe('contract')
    expect(await kit.signIn(signIn)).toBe('signature_invalid: contract_refused')
  })

  it('are asked about even when the nonce is dead, and both are said', async () => {
    const account = await deployOwned()
    const signIn = await kit.prepare('walletkit', account, {
      fields: { ...fields, nonce: 'x'.repeat(43) },
      sign: account.stranger,
    })
    const explained = await kit.explain(signIn)
    expect(explained.refusal?.reason).toBe('nonce_unknown')
    expect(explained.also.map(({ reason }) => reason)).toEqual(['contract_refused'])
  })

  it('are told from keys: there is no contract at this address', async () => {
    const [key, other] = [newKey(), newKey()]
    const account = {
      type: 'ethereum',
      address: key.address,
      sign: (message: string) => other.signMessage({ message }),
    } as const
    const signIn = await kit.prepare('4mica', account, { fields })
    const explained = await kit.explain(signIn)
    expect(explained.refusal).toMatchObject({ code: 'signature_invalid', reason: 'account_without_code' })
    expect(explained.account.kind).toBe('key')
    expect(explained.signature.signer).toBe(other.address)
    expect(await kit.signIn(signIn)).toBe('signature_invalid: account_without_code')
  })

  it('still show that the text was altered', async () => {
    const key = newKey()
    const account = {
      type: 'ethereum',
      address: key.address,
      sign: (message: string) => key.signMessage({ message }),
    } as const
    const signIn = await kit.prepare('4mica', account, { fields, sent: (text) => text.replaceAll('\n', '\r\n') })
    const explained = await kit.explain(signIn)
    expect(explained.refusal?.reason).toBe('account_without_code')
    expect(explained.hints.map(({ hint }) => hint)).toEqual(['text_altered'])
    expect(explained.signature.edits).toEqual(['crlf_to_lf'])
  })
})

describe('when the chain cannot be asked', () => {
  it('an answer is not made up: the RPC server is dead', async () => {
    const signIn = await kit.prepare('moonkey', await deployOwned(), { fields: { chainId: DEAD_CHAIN_ID } })
    const explained = await kit.explain(signIn)
    expect(explained).toMatchObject({ outcome: 'unchecked', also: [], exitCode: 2 })
    expect(explained.refusal).toMatchObject({ code: 'chain_unavailable', reason: 'rpc_unreachable' })
    const { stdout } = await kit.run(...kit.argsFor(signIn))
    expect(stdout).toMatch(
      /^could not be checked: chain_unavailable: rpc_unreachable: .* can be repeated with the same nonce\n/,
    )
    expect(await kit.signIn(signIn)).toBe('chain_unavailable: rpc_unreachable')
  })

  it('nor when it may not be asked; keys need no chain', async () => {
    const before = rpc.bodies.length
    const explained = await kit.explain(await kit.prepare('4mica', await deployOwned(), { fields }), '--offline')
    expect(explained).toMatchObject({ outcome: 'unchecked', exitCode: 2 })
    expect(explained.refusal).toMatchObject({ code: 'chain_unavailable', reason: 'rpc_not_asked' })
    expect(explained.hints.map(({ hint }) => hint)).toEqual(['other_signer', 'contract_not_asked_offline'])

    const key = newKey()
    const account = {
      type: 'ethereum',
      address: key.address,
      sign: (message: string) => key.signMessage({ message }),
    } as const
    const offline = await kit.explain(await kit.prepare('4mica', account, { fields }), '--offline')
    expect(offline).toMatchObject({ outcome: 'accepted', exitCode: 0 })
    expect(rpc.bodies.length - before).toBe(0)
  })

  it('a chain without an RPC server refuses, and it is said why', async () => {
    const signIn = await kit.prepare('walletkit', await deployOwned(), { fields: { chainId: 10 } })
    const explained = await kit.explain(signIn)
    expect(explained.refusal).toMatchObject({ code: 'signature_invalid', reason: 'signature_invalid' })
    expect(explained.hints.map(({ hint }) => hint)).toEqual(['other_signer', 'contract_not_asked'])
    expect(explained.hints.at(-1)?.says).toContain('eip155:10')
    expect(await kit.signIn(signIn)).toBe('signature_invalid: signature_invalid')
  })
})

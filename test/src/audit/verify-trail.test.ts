import { describe, expect, it } from 'vitest'
import { createChains } from '../../../core/chains/chains.ts'
import { type CheckedLine, type TrailSummary, verifyTrail } from '../../../src/audit/verify-trail.ts'
import { newSolanaWallet, SIGNATURE_ENCODINGS } from '../../support/solana-wallets.ts'
import { newEthereumWallet } from '../../support/wallets.ts'

const TEXT = 'auth.example.test wants you to sign in with your Ethereum account:\n0x…\n\nURI: https://auth.example.test'
const NOTHING = { valid: 0, invalid: 0, unchecked: 0, malformed: 0, withoutProof: 0, other: 0 }

type Fact = Record<string, unknown>

async function ethereumFact(change: Fact = {}): Promise<Fact> {
  const wallet = newEthereumWallet()
  const proof = { message: TEXT, signature: await wallet.signMessage(TEXT) }
  const account = `eip155:${wallet.address.toLowerCase()}`
  return {
    audit: 1,
    id: 'fact_1',
    event: 'session.opened',
    project: 'demo',
    factor: 'wallet',
    account,
    proof,
    ...change,
  }
}

async function verify(...lines: readonly (Fact | string)[]): Promise<TrailSummary & { told: readonly CheckedLine[] }> {
  const told: CheckedLine[] = []
  async function* texts() {
    for (const line of lines) yield typeof line === 'string' ? line : JSON.stringify(line)
  }
  const summary = await verifyTrail(texts(), await createChains(), (checked) => void told.push(checked))
  return { ...summary, told }
}

describe('verifying a trail', () => {
  it('a proof of either chain is valid', async () => {
    const { address, sign } = newSolanaWallet()
    const proof = { message: TEXT, signature: SIGNATURE_ENCODINGS.base58(sign(TEXT)) }
    const solana = { audit: 1, id: 'fact_2', event: 'sign_in.proved', account: `solana:${address}`, proof }
    const { told, ...summary } = await verify(await ethereumFact(), solana)
    expect(summary).toEqual({ ...NOTHING, valid: 2 })
    expect(told).toMatchObject([
      { line: 1, verdict: 'valid', id: 'fact_1', event: 'session.opened' },
      { line: 2, verdict: 'valid', account: `solana:${address}` },
    ])
  })

  it('so is one of a text with every kind of character', async () => {
    const wallet = newEthereumWallet()
    const message = 'a\r\n\t"\\\u0000\u2028é☃\u{1F511}\ud800'
    const proof = { message, signature: await wallet.signMessage(Buffer.from(message, 'utf8')) }
    expect(
      await verify(await ethereumFact({ account: `eip155:${wallet.address.toLowerCase()}`, proof })),
    ).toMatchObject({
      valid: 1,
    })
  })

  const altered: readonly (readonly [string, (fact: Fact) => Fact])[] = [
    ['another text', (fact) => ({ ...fact, proof: { ...(fact['proof'] as Fact), message: `${TEXT} ` } })],
    ['another account', (fact) => ({ ...fact, account: `eip155:${newEthereumWallet().address.toLowerCase()}` })],
    ['a signature that is none', (fact) => ({ ...fact, proof: { ...(fact['proof'] as Fact), signature: '0x' } })],
    ['another chain', (fact) => ({ ...fact, account: 'solana:11111111111111111111111111111112' })],
  ]
  it.each(altered)('with %s it is invalid', async (_, alter) => {
    const fact = await ethereumFact()
    expect(await verify(fact)).toMatchObject({ valid: 1 })
    expect(await verify(alter(fact))).toMatchObject({ valid: 0, invalid: 1 })
  })

  it('a proof of a contract account is for its chain to judge', async () => {
    const fact = await ethereumFact()
    const account = String(fact['account']).replace('eip155:', 'eip155:8453:')
    expect(await verify({ ...fact, account })).toMatchObject({ unchecked: 1, valid: 0, invalid: 0 })
  })

  it.each([
    ['cut off', (text: string) => text.slice(0, -10)],
    ['of another version', (text: string) => text.replace('"audit":1', '"audit":2')],
    ['without its account', (text: string) => text.replace('"account"', '"acc"')],
    ['with an account that is none', (text: string) => text.replace('eip155:0x', 'eip155:0X')],
    ['without its proof', (text: string) => text.replace('"proof"', '"p"')],
    ['with half a proof', (text: string) => text.replace('"signature"', '"s"')],
    ['longer than any', (text: string) => text.replace('"demo"', `"${'x'.repeat(1024 * 1024)}"`)],
  ])('a line %s is malformed', async (_, spoil) => {
    const text = JSON.stringify(await ethereumFact())
    expect(await verify(spoil(text))).toMatchObject({ malformed: 1, valid: 0 })
  })

  it('facts without a proof and other lines are counted apart', async () => {
    const refused = { audit: 1, event: 'sign_in.refused', factor: 'wallet', code: 'signature_invalid' }
    const { told, ...summary } = await verify(
      { audit: 1, event: 'user.deleted', user: 'user_1' },
      refused,
      '{"level":30,"msg":"answered"}',
      'Walletgate listens on …',
      '',
    )
    expect(told).toEqual([])
    expect(summary).toEqual({ ...NOTHING, withoutProof: 2, other: 3 })
  })

  it('shows nothing of a line that could move a cursor', async () => {
    const { told } = await verify(await ethereumFact({ id: '\u001b[2J', event: 'a\nb' }))
    expect(told).toMatchObject([{ id: null, event: null, verdict: 'valid' }])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { newEthereumWallet, vectorWallet } from '../../support/wallets.ts'
import { type FourMicaDoor, openDoor, readTokens } from './door.ts'

const LOWER = '19e7e376e7c213b7e7e7e46cc70a5dd086daff2a'
const CHECKSUMMED = '19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A'

describe.each(STORES)('4mica nonce on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: FourMicaDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  it.each([
    ['in lower case', `0x${LOWER}`],
    ['checksummed', `0x${CHECKSUMMED}`],
    ['wrongly checksummed', `0x${CHECKSUMMED.replace('E7E376', 'e7E376')}`],
    ['in upper case', `0x${LOWER.toUpperCase()}`],
    ['without 0x', LOWER],
    ['checksummed without 0x', CHECKSUMMED],
    ['padded with spaces', `  0x${CHECKSUMMED} `],
    ['padded with other white space', `\t\n0x${LOWER}\r\n`],
    ['padded and without 0x', ` ${LOWER} `],
  ])('4MICA-06: accepts an address %s, and binds the nonce to the wallet', async (_, address) => {
    const template = await door.requestTemplate(address)
    readTokens(await door.verify(await door.prove(vectorWallet(), { template })))
  })

  it.each([
    ['empty', ''],
    ['only space', '   '],
    ['0x alone', '0x'],
    ['a digit short', `0x${LOWER.slice(1)}`],
    ['a digit long', `0x${LOWER}0`],
    ['no hex', `0x${LOWER.slice(1)}g`],
    ['with 0X', `0X${LOWER}`],
    ['twice prefixed', `0x0x${LOWER.slice(2)}`],
    ['an inner space', `0x${LOWER.slice(0, 20)} ${LOWER.slice(20)}`],
    ['full-width digits', `0x${LOWER.slice(1)}１`],
    ['an ENS name', 'vitalik.eth'],
    ['a Solana address', '4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T'],
    ['a CAIP-10 account', `eip155:1:0x${LOWER}`],
    ['the zero address', `0x${'0'.repeat(40)}`],
  ])('4MICA-06: an address that is %s is 400', async (_, address) => {
    const answer = await door.post('/auth/nonce', { address })
    expect(answer.status).toBe(400)
    expect(answer.body).toEqual({ error: 'Invalid wallet address' })
    expect(door.lastRefusal).toBe('address_malformed: address_malformed')
  })

  it('4MICA-07: the template holds every name, the disputed ones in both spellings', async () => {
    const answer = await door.post('/auth/nonce', { address: `0x${LOWER}` })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
      siwe: {
        domain: 'auth.example.test',
        uri: 'https://auth.example.test',
        statement: 'Sign in to 4mica.',
        chain_id: 84532,
        chainId: 84532,
        expiration: '2026-06-22T10:05:00.000Z',
        issued_at: '2026-06-22T10:00:00.000Z',
        issuedAt: '2026-06-22T10:00:00.000Z',
      },
    })
  })

  it('4MICA-07: what a project configures is what its template says, verbatim', async () => {
    const other = await openDoor(stores, {
      chainId: 1,
      siweDomain: 'Login.Example:8443',
      siweUri: 'https://login.example:8443/a?b=c#d',
      siweStatement: 'I am me: #1 (yes) — ünïcode.',
      nonceTtlSeconds: 60,
    })
    const { siwe } = await other.requestTemplate(LOWER)
    expect(siwe).toMatchObject({
      domain: 'Login.Example:8443',
      uri: 'https://login.example:8443/a?b=c#d',
      statement: 'I am me: #1 (yes) — ünïcode.',
      chainId: 1,
      expiration: '2026-06-22T10:01:00.000Z',
    })
    await other.signIn()
  })

  it('4MICA-08: nonces are alphanumeric and unique', async () => {
    const templates = await Promise.all(Array.from({ length: 200 }, () => door.requestTemplate(LOWER)))
    const nonces = templates.map(({ nonce }) => nonce)
    for (const nonce of nonces) expect(nonce).toMatch(/^[A-Za-z0-9]{8,}$/)
    expect(new Set(nonces).size).toBe(200)
  })

  it('4MICA-08: several nonces of one wallet may be outstanding, in any order', async () => {
    const wallet = newEthereumWallet()
    const first = await door.prove(wallet)
    const second = await door.prove(wallet)
    const third = await door.prove(wallet)
    for (const proof of [second, third, first]) readTokens(await door.verify(proof))
  })

  it('4MICA-08: a nonce issued to another wallet is refused, and stays usable for its own', async () => {
    const [mine, theirs] = [newEthereumWallet(), newEthereumWallet()]
    const template = await door.requestTemplate(theirs.address)
    expect((await door.verify(await door.prove(mine, { template }))).status).toBe(401)
    expect(door.lastRefusal).toBe('challenge_unusable: nonce_unknown')
    readTokens(await door.verify(await door.prove(theirs, { template })))
  })

  it('4MICA-08: a suspended wallet still gets a nonce', async () => {
    const wallet = newEthereumWallet()
    await door.gateway.core.grantWalletAccess(door.project.id, door.account(wallet), {
      role: 'user',
      scopes: [],
      status: 'suspended',
    })
    await door.requestTemplate(wallet.address)
  })
})

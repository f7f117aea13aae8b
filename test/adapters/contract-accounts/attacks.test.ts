import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { stringToHex } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wrapSignature } from '../../support/evm/accounts.ts'
import { STORES } from '../../support/gateway.ts'
import { deployOwned, deployTwins, planOwned, signWith } from './accounts.ts'
import {
  type Attempt,
  CHOOSING_DOORS,
  DOOR_NAMES,
  DOORS,
  type DoorName,
  type Faces,
  type OpenedProjects,
  openProjects,
  reasonOf,
  signIn,
  userOf,
  verdictOf,
} from './doors.ts'
import { AWAY, HOME, prepareGround } from './ground.ts'

const readGround = prepareGround()
const LIFETIME_MS = 60 * 60_000

describe.each(STORES)('attacks by way of contract accounts, on %s', (store) => {
  let opened: OpenedProjects
  beforeAll(async () => {
    opened = await openProjects(store, readGround())
  })
  afterAll(() => opened?.close())

  /** What came of it, and how often each chain was asked. */
  const watch = async (act: () => ReturnType<Attempt['submit']>) => {
    const { homeRpc, awayRpc } = readGround()
    const before = [homeRpc.bodies.length, awayRpc.bodies.length] as const
    const answer = await act()
    return {
      answer,
      verdict: verdictOf(answer),
      reason: reasonOf(opened.gateway, answer),
      asked: { home: homeRpc.bodies.length - before[0], away: awayRpc.bodies.length - before[1] },
    }
  }
  const NOBODY = { home: 0, away: 0 }
  /** Shows what was signed in one project, in another. */
  const replay = (
    name: DoorName,
    { fourmica, moonkey, walletkit }: Faces,
    text: string,
    body: { readonly address: string; readonly signature: string },
  ) => {
    const { address, signature } = body
    const shown = { wallet_type: 'ethereum', public_address: address, signature }
    switch (name) {
      case '4mica':
        return fourmica.verify({ address, message: text, signature })
      case 'MoonKey message':
        return moonkey.verifySiwe({ ...shown, siwe_challenge: text })
      case 'MoonKey challenge':
        return moonkey.verify(shown)
      case 'WalletKit':
        return walletkit.verify({ siwe_message: text, signature })
    }
  }

  it.each(DOOR_NAMES)('%s: what was signed for one project is nothing in another', async (name) => {
    const { one, other } = opened
    const account = await deployOwned(readGround().home)
    const attempt = await DOORS[name].begin(one, account.address)
    const signature = await account.sign(attempt.text)
    const body = { address: account.address, signature }
    const { reason, asked } = await watch(() => replay(name, other, attempt.text, body))
    expect([reason, asked]).toEqual(['challenge_unusable: nonce_unknown', NOBODY])
    const user = await userOf(opened, one, await attempt.submit(signature), account)
    expect(await userOf(opened, other, await signIn(other, name, account), account)).not.toBe(user)
  })

  it.each(DOOR_NAMES)('%s: without a live challenge nobody is asked', async (name) => {
    const { one } = opened
    const account = await deployOwned(readGround().home)
    const attempt = await DOORS[name].begin(one, account.address)
    const signature = await account.sign(attempt.text)
    // Somebody else's nonce in a text that this account has signed: its own, moved to another address.
    const stranger = await deployOwned(readGround().home)
    const moved = attempt.text.replaceAll(account.address, stranger.address)
    const shown = { address: stranger.address, signature: await stranger.sign(moved) }
    const foreign = await watch(() => replay(name, one, moved, shown))
    expect([foreign.reason, foreign.asked]).toEqual(['challenge_unusable: nonce_unknown', NOBODY])

    await userOf(opened, one, await attempt.submit(signature), account)
    const spent = await watch(() => attempt.submit(signature))
    expect([spent.reason, spent.asked]).toEqual(['challenge_unusable: nonce_unknown', NOBODY])

    const late = await DOORS[name].begin(one, account.address)
    const lateSignature = await account.sign(late.text)
    one.walletkit.clock.advance(LIFETIME_MS)
    const expired = await watch(() => late.submit(lateSignature))
    expect(expired.answer.status).not.toBe(200)
    expect(expired.reason).toMatch(/^challenge_|^binding_mismatch: (?:expired|issued_too_long_ago)$/)
    expect(expired.asked).toEqual(NOBODY)
  })

  it.each(DOOR_NAMES)('%s: what cannot be right is not asked about, and spends nothing', async (name) => {
    const { one } = opened
    const account = await deployOwned(readGround().home)
    const attempt = await DOORS[name].begin(one, account.address)
    const signature = await account.sign(attempt.text)
    for (const wrong of [`${signature}0`, `0x${'f'.repeat(16_386)}`, 'signature', `0X${signature.slice(2)}`]) {
      const { answer, asked } = await watch(() => attempt.submit(wrong))
      expect([answer.status >= 400 && answer.status < 500, asked]).toEqual([true, NOBODY])
    }
    await userOf(opened, one, await attempt.submit(signature), account)
  })

  it.each(CHOOSING_DOORS)('%s: a message that is not for us is not asked about', async (name) => {
    const { one } = opened
    const account = await deployOwned(readGround().home)
    for (const edit of [
      (text: string) => text.replace('app.example.test wants', 'evil.example wants'),
      (text: string) => text.replace('URI: https://app.example.test', 'URI: https://evil.example'),
      (text: string) => text.replace('Version: 1', 'Version: 2'),
      (text: string) => `${text}\nExpiration Time: 2020-01-01T00:00:00Z`,
    ]) {
      const attempt = await DOORS[name].begin(one, account.address, { edit })
      const { reason, asked } = await watch(async () => attempt.submit(await account.sign(attempt.text)))
      expect(reason).toMatch(/^(?:binding_mismatch|message_malformed): /)
      expect(asked).toEqual(NOBODY)
    }
  })

  it('4mica: an account of one chain does not sign in to a tenant of another', async () => {
    const { both } = opened
    const account = await deployOwned(readGround().home)
    // By the tenant's template, which names its own chain; the account is not there.
    const away = await watch(() => signIn(both, '4mica', account))
    expect([away.verdict, away.reason, away.asked]).toEqual([
      DOORS['4mica'].invalid,
      'signature_invalid: account_without_code',
      { home: 0, away: 1 },
    ])
    // By a message that names the account's chain, which the project serves, and this tenant is not of.
    const home = await watch(() => signIn(both, '4mica', account, { chainId: HOME }))
    expect([home.answer.status, home.reason, home.asked]).toEqual([401, 'binding_mismatch: chain_id_mismatch', NOBODY])
  })

  it.each(CHOOSING_DOORS)('%s: only the chain that the message names is asked', async (name) => {
    const { both } = opened
    const { here, there } = await deployTwins(readGround())
    for (const [account, chainId, asked] of [
      [here, AWAY, { home: 0, away: 1 }],
      [there, HOME, { home: 1, away: 0 }],
    ] as const) {
      const attempt = await DOORS[name].begin(both, account.address, { chainId })
      const refused = await watch(async () => attempt.submit(await account.sign(attempt.text)))
      expect([refused.verdict, refused.asked]).toEqual([DOORS[name].invalid, asked])
      // A signature over the message with the other chain in it is none over this one.
      const renamed = attempt.text.replace(`Chain ID: ${chainId}`, `Chain ID: ${chainId === AWAY ? HOME : AWAY}`)
      const other = await watch(async () => attempt.submit(await account.sign(renamed)))
      expect([other.verdict, other.asked]).toEqual([DOORS[name].invalid, asked])
    }
  })

  it.each(CHOOSING_DOORS)('%s: a chain id has one spelling, and an unknown one is nobody’s', async (name) => {
    const { both } = opened
    const account = await deployOwned(readGround().home)
    for (const chainId of [
      `0${HOME}`,
      `00${HOME}`,
      '0x14a34',
      `${HOME}\n`,
      ` ${HOME}`,
      '-1',
      '1',
      '9'.repeat(32),
      `eip155:${HOME}`,
    ]) {
      const { answer, asked } = await watch(() => signIn(both, name, account, { chainId }))
      expect([chainId, answer.status >= 400 && answer.status < 500, asked]).toEqual([chainId, true, NOBODY])
    }
  })

  it.each(DOOR_NAMES)('%s: a refused signature costs one question and leaves the nonce good', async (name) => {
    const { one } = opened
    const account = await deployOwned(readGround().home)
    const attempt = await DOORS[name].begin(one, account.address)
    for (let times = 0; times < 3; times += 1) {
      const { verdict, asked } = await watch(async () => attempt.submit(await signWith()(attempt.text)))
      expect([verdict, asked]).toEqual([DOORS[name].invalid, { home: 1, away: 0 }])
    }
    await userOf(opened, one, await attempt.submit(await account.sign(attempt.text)), account)
  })

  describe('nothing in a request chooses where we go', () => {
    let canary: Server
    let url: string
    let visits = 0
    beforeAll(async () => {
      canary = createServer((_, response) => {
        visits += 1
        response.end()
      })
      canary.on('connection', () => {
        visits += 1
      })
      canary.listen(0, '127.0.0.1')
      await once(canary, 'listening')
      const address = canary.address()
      if (address === null || typeof address === 'string') throw new Error('no port')
      url = `http://127.0.0.1:${address.port}/`
    })
    afterAll(() => {
      canary?.close()
    })

    it.each(DOOR_NAMES)('%s', async (name) => {
      const { one } = opened
      const ground = readGround()
      const account = await planOwned(ground)
      // ERC-4361 resources, and EIP-3668's way to send a reader elsewhere, in a factory's data.
      const edit = (text: string) => `${text}\nRequest ID: r\nResources:\n- ${url}`
      const attempt = await DOORS[name].begin(one, account.address, { edit })
      const lookup = wrapSignature(ground.hostile, stringToHex(`OffchainLookup ${url}`), await signWith()(attempt.text))
      expect(verdictOf(await attempt.submit(lookup))).toBe(DOORS[name].invalid)
      await userOf(opened, one, await attempt.submit(await account.sign(attempt.text)), account)
      const headers = { host: new URL(url).host, 'x-forwarded-host': new URL(url).host, 'x-rpc-url': url, referer: url }
      await one.walletkit.call('/users/verify-login', { headers, body: '{}' })
      expect(visits).toBe(0)
      expect(ground.homeRpc.heads.every((head) => head.startsWith('POST / HTTP/1.1\r\n'))).toBe(true)
    })
  })
})

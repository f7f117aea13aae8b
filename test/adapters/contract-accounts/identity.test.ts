import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Account as CoreAccount } from '../../../core/accounts/account.ts'
import { newKey } from '../../support/evm/accounts.ts'
import { STORES } from '../../support/gateway.ts'
import { type Body, readBegin, readNonce, readSession, readWallet } from '../moonkey/door.ts'
import { newEmail } from '../walletkit/door.ts'
import { delegateKey, deployOwned, deployTwins, encodeCall, planOwned, signWith } from './accounts.ts'
import {
  type Account,
  CHOOSING_DOORS,
  DOOR_NAMES,
  DOORS,
  type DoorName,
  type Faces,
  type OpenedProjects,
  openProjects,
  PROMISING_DOORS,
  reasonOf,
  signIn,
  userOf,
  verdictOf,
  walletOf,
} from './doors.ts'
import { AWAY, HOME, prepareGround } from './ground.ts'

const readGround = prepareGround()

const ACCESS = { role: 'facilitator', scopes: ['tab:create'], status: 'active' }
const SUSPENDED = { role: 'user', scopes: [], status: 'suspended' }
const ROUNDS = 8

const accountAt = ({ address }: Pick<Account, 'address'>, chain: number | null): CoreAccount => {
  return { namespace: 'eip155', address: address.toLowerCase(), chain: chain === null ? null : String(chain) }
}

describe.each(STORES)('whose a contract account is, on %s', (store) => {
  let opened: OpenedProjects
  beforeAll(async () => {
    opened = await openProjects(store, readGround())
  })
  afterAll(() => opened?.close())

  /** Signs in on this chain and says as whom. */
  const enter = async (faces: Faces, name: DoorName, account: Account, chain = faces.chainId): Promise<string> =>
    userOf(opened, faces, await signIn(faces, name, account, { chainId: chain }), account, chain)
  const walletsOf = async (faces: Faces, userId: string) =>
    (await opened.stores.identities.listCredentials(faces.project.id, userId)).filter(({ kind }) => kind === 'wallet')
  /** Signs in with a nonce or challenge that was asked for with more than the address. */
  const attach = async (faces: Faces, account: Account, userId: string, chainId: number) => {
    const { moonkey } = faces
    const { nonce } = readNonce(
      await moonkey.nonce({ type: 'ethereum', address: account.address }, { user_id: userId }),
    )
    const signer = { type: 'ethereum', namespace: 'eip155', shownAddress: '', ...account } as const
    return moonkey.verifySiwe(await moonkey.proveBySiwe(signer, { nonce, chainId }))
  }
  const newUser = async ({ moonkey }: Faces) => (await moonkey.createUser({ email: newEmail() })).user_id

  describe('one account, one user', () => {
    it.each(DOOR_NAMES.flatMap((first) => DOOR_NAMES.map((then) => [first, then] as const)))(
      'first %s, then %s: the same user',
      async (first, then) => {
        const { one } = opened
        const account = await deployOwned(readGround().home)
        const userId = await enter(one, first, account)
        expect(await enter(one, then, account)).toBe(userId)
        expect(await walletsOf(one, userId)).toHaveLength(1)
        if (then === '4mica') return
        expect((await DOORS[then].begin(one, account.address)).promised).toBe(userId)
      },
    )

    it.each(PROMISING_DOORS)('%s: the user that was promised, at first and when it returns', async (name) => {
      const { one } = opened
      const account = await planOwned(readGround())
      for (let round = 0; round < 3; round += 1) {
        const attempt = await DOORS[name].begin(one, account.address)
        const answer = await attempt.submit(await account.sign(attempt.text))
        expect(await userOf(opened, one, answer, account)).toBe(attempt.promised)
      }
    })

    it.each(PROMISING_DOORS)('%s: the user that was promised, though it came in elsewhere meanwhile', async (name) => {
      const { one } = opened
      const account = await deployOwned(readGround().home)
      const attempt = await DOORS[name].begin(one, account.address)
      expect(await enter(one, '4mica', account)).toBe(attempt.promised)
      const answer = await attempt.submit(await account.sign(attempt.text))
      expect(await userOf(opened, one, answer, account)).toBe(attempt.promised)
    })

    it('first sign-ins through all doors at once make one user', async () => {
      const { one } = opened
      for (let round = 0; round < ROUNDS; round += 1) {
        const account = await deployOwned(readGround().home)
        const attempts = await Promise.all(DOOR_NAMES.map((name) => DOORS[name].begin(one, account.address)))
        const signatures = await Promise.all(attempts.map(({ text }) => account.sign(text)))
        const answers = await Promise.all(attempts.map(({ submit }, index) => submit(String(signatures[index]))))
        const users = await Promise.all(answers.map((answer) => userOf(opened, one, answer, account)))
        expect(new Set(users).size).toBe(1)
        expect(attempts.map(({ promised }) => promised ?? users[0])).toEqual(users)
        expect(await walletsOf(one, String(users[0]))).toHaveLength(1)
      }
    })

    it.each(DOOR_NAMES)('%s: of eight with one signature one gets through', async (name) => {
      const { one } = opened
      const account = await deployOwned(readGround().home)
      const attempt = await DOORS[name].begin(one, account.address)
      const signature = await account.sign(attempt.text)
      const answers = await Promise.all(Array.from({ length: 8 }, () => attempt.submit(signature)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      const losers = answers.filter(({ status }) => status !== 200)
      for (const answer of losers) expect(reasonOf(opened.gateway, answer)).toMatch(/^challenge_unusable: /)
      const userId = await userOf(opened, one, await signIn(one, name, account), account)
      const live = await opened.stores.sessions.list(one.project.id, userId, one.walletkit.clock.now())
      expect(live).toHaveLength(2)
    })

    it('the wallet is of its chain wherever it is told of', async () => {
      const { one } = opened
      const account = await deployOwned(readGround().home)
      const userId = await enter(one, 'WalletKit', account)
      const session = await signIn(one, 'WalletKit', account)
      expect((await one.walletkit.wallets(session.body as never)).body).toMatchObject([
        { network: 'Base', owner_id: userId, address: account.address },
      ])
      const listed = await one.walletkit.wallets(session.body as never, '?network=Ethereum')
      expect(listed.body).toEqual([])
      const { public_address: shown } = readWallet(await signIn(one, 'MoonKey message', account))
      expect(shown).toBe(account.address.toLowerCase())
    })
  })

  describe('the same address on another chain is somebody else’s', () => {
    it.each(CHOOSING_DOORS)('%s: each is its own user, and stays', async (name) => {
      const { both } = opened
      const { here, there } = await deployTwins(readGround())
      const [one, two] = [await enter(both, name, here, HOME), await enter(both, name, there, AWAY)]
      expect(two).not.toBe(one)
      expect(await enter(both, name, here, HOME)).toBe(one)
      expect(await enter(both, name, there, AWAY)).toBe(two)
      for (const userId of [one, two]) expect(await walletsOf(both, userId)).toHaveLength(1)
    })

    it.each(CHOOSING_DOORS)('%s: neither signs in on the other’s chain', async (name) => {
      const { both } = opened
      const { here, there } = await deployTwins(readGround())
      for (const [account, chainId] of [
        [here, AWAY],
        [there, HOME],
      ] as const) {
        const answer = await signIn(both, name, account, { chainId })
        expect(verdictOf(answer)).toBe(DOORS[name].invalid)
        expect(reasonOf(opened.gateway, answer)).toBe('signature_invalid: contract_refused')
      }
    })

    it.each(CHOOSING_DOORS)('%s: one promise is not kept to two', async (name) => {
      const { both } = opened
      for (const chains of [
        [HOME, AWAY],
        [AWAY, HOME],
      ]) {
        const { here, there } = await deployTwins(readGround())
        const begun = await Promise.all(
          chains.map(async (chainId) => {
            const attempt = await DOORS[name].begin(both, here.address, { chainId })
            return { ...attempt, chainId, signature: await (chainId === HOME ? here : there).sign(attempt.text) }
          }),
        )
        expect(new Set(begun.map(({ promised }) => promised)).size).toBe(1)
        const users: string[] = []
        for (const { submit, signature, chainId } of begun) {
          users.push(await userOf(opened, both, await submit(signature), here, chainId))
        }
        expect(users[0]).toBe(begun[0]?.promised)
        expect(users[1]).not.toBe(users[0])
      }
    })

    it.each(CHOOSING_DOORS)('%s: nor to two at once', async (name) => {
      const { both } = opened
      for (let round = 0; round < ROUNDS; round += 1) {
        const { here, there } = await deployTwins(readGround())
        const begun = await Promise.all(
          [here, there].map(async (account, index) => {
            const chainId = index === 0 ? HOME : AWAY
            const attempt = await DOORS[name].begin(both, account.address, { chainId })
            return { ...attempt, chainId, signature: await account.sign(attempt.text) }
          }),
        )
        const answers = await Promise.all(begun.map(({ submit, signature }) => submit(signature)))
        const users = await Promise.all(
          answers.map((answer, index) => userOf(opened, both, answer, here, index === 0 ? HOME : AWAY)),
        )
        expect(new Set(users).size).toBe(2)
        expect(users.filter((userId) => userId === begun[0]?.promised)).toHaveLength(1)
      }
    })

    it('4mica: a user who was promised elsewhere and has come is not joined', async () => {
      const { here, there } = await deployTwins(readGround())
      const attempt = await DOORS.WalletKit.begin(opened.both, here.address, { chainId: HOME })
      const first = await userOf(opened, opened.both, await attempt.submit(await here.sign(attempt.text)), here, HOME)
      expect(await enter(opened.both, '4mica', there, AWAY)).not.toBe(first)
    })

    it('a user with more than that account is not joined either', async () => {
      const { both } = opened
      const { here, there } = await deployTwins(readGround())
      const userId = await newUser(both)
      expect(readWallet(await attach(both, here, userId, HOME)).user_id).toBe(userId)
      for (const name of CHOOSING_DOORS) {
        const attempt = await DOORS[name].begin(both, there.address, { chainId: AWAY })
        const answer = await attempt.submit(await there.sign(attempt.text))
        expect(await userOf(opened, both, answer, there, AWAY)).not.toBe(userId)
      }
      expect(await walletsOf(both, userId)).toHaveLength(1)
    })

    it('a session of the one is not extended by the other', async () => {
      const { both } = opened
      const { here, there } = await deployTwins(readGround())
      const askNonce = async () =>
        readNonce(await both.moonkey.nonce({ type: 'ethereum', address: there.address })).nonce
      // Promised the same user, then told of its owner.
      const nonces = [await askNonce()]
      const session = await signIn(both, 'MoonKey message', here, { chainId: HOME })
      const { session_token } = session.body as Body
      nonces.push(await askNonce())
      for (const nonce of nonces) {
        const body = await both.moonkey.proveBySiwe(there, { nonce, chainId: AWAY }, { session_token })
        expect(verdictOf(await both.moonkey.verifySiwe(body))).toBe('400 session_user_mismatch')
      }
      const { session: kept } = readSession(await both.moonkey.verifySession({ session_token }))
      expect(kept.factors).toHaveLength(1)
    })

    it('MoonKey challenge: its text names no chain, so where several are served nobody is asked', async () => {
      const { both } = opened
      const { homeRpc, awayRpc } = readGround()
      const { here, there } = await deployTwins(readGround())
      const before = homeRpc.bodies.length + awayRpc.bodies.length
      for (const account of [here, there]) {
        const answer = await signIn(both, 'MoonKey challenge', account)
        expect(verdictOf(answer)).toBe(DOORS['MoonKey challenge'].invalid)
      }
      expect(homeRpc.bodies.length + awayRpc.bodies.length).toBe(before)
    })

    it('EIP-7702: the key and its delegate’s form are two users, in either order', async () => {
      const { one } = opened
      for (const keyFirst of [true, false]) {
        for (const name of DOOR_NAMES) {
          const account = await delegateKey(readGround())
          const asKey = { ...account, sign: account.signPlain }
          const enterAs = async (by: 'key' | 'delegate') =>
            by === 'key'
              ? userOf(opened, one, await signIn(one, name, asKey), account, null)
              : enter(one, name, account)
          const order = keyFirst ? (['key', 'delegate'] as const) : (['delegate', 'key'] as const)
          const [first, second] = [await enterAs(order[0]), await enterAs(order[1])]
          expect(second).not.toBe(first)
          expect([await enterAs(order[0]), await enterAs(order[1])]).toEqual([first, second])
        }
      }
    })

    it('EIP-7702: what was promised to the key is not kept to both', async () => {
      const { one } = opened
      for (const name of PROMISING_DOORS) {
        const account = await delegateKey(readGround())
        const early = await DOORS[name].begin(one, account.address)
        const other = await DOORS.WalletKit.begin(one, account.address)
        const attacker = await userOf(opened, one, await other.submit(await account.sign(other.text)), account)
        expect(attacker).toBe(early.promised)
        const answer = await early.submit(await account.signPlain(early.text))
        expect(await userOf(opened, one, answer, account, null)).not.toBe(attacker)
      }
    })
  })

  describe('attaching', () => {
    it('gives a new account to the user who is named, and never moves it', async () => {
      const { both } = opened
      const { here, there } = await deployTwins(readGround())
      const [owner, other] = [await newUser(both), await newUser(both)]
      expect(readWallet(await attach(both, here, owner, HOME)).user_id).toBe(owner)
      expect(verdictOf(await attach(both, here, other, HOME))).toBe('409 wallet_already_attached')
      expect(await enter(both, 'WalletKit', here, HOME)).toBe(owner)
      // The other chain's is another account, and free.
      expect(readWallet(await attach(both, there, other, AWAY)).user_id).toBe(other)
      expect(verdictOf(await attach(both, there, owner, AWAY))).toBe('409 wallet_already_attached')
      expect(await walletsOf(both, other)).toHaveLength(1)
    })

    it('may give one user the accounts of several chains', async () => {
      const { both } = opened
      const { here, there } = await deployTwins(readGround())
      const owner = await newUser(both)
      readWallet(await attach(both, here, owner, HOME))
      readWallet(await attach(both, there, owner, AWAY))
      expect(await walletsOf(both, owner)).toHaveLength(2)
      expect(await enter(both, 'MoonKey message', there, AWAY)).toBe(owner)
    })

    it('begun by challenge for a named user, of an account that is somebody’s: 409', async () => {
      const { one } = opened
      const account = await deployOwned(readGround().home)
      const owner = await enter(one, '4mica', account)
      const named = await newUser(one)
      const begun = readBegin(
        await one.moonkey.begin({ type: 'ethereum', address: account.address }, { user_id: named }),
      )
      const signature = await account.sign(begun.challenge)
      const body = { wallet_type: 'ethereum', public_address: account.address, signature }
      expect(verdictOf(await one.moonkey.verify(body))).toBe('409 wallet_already_attached')
      expect((await walletOf(opened, one, account.address, HOME))?.userId).toBe(owner)
      expect(await walletsOf(one, named)).toEqual([])
    })

    it('an account that was taken from its user does not come back by what was begun before', async () => {
      const { one } = opened
      for (const name of PROMISING_DOORS) {
        const account = await deployOwned(readGround().home)
        const owner = await enter(one, name, account)
        const attempt = await DOORS[name].begin(one, account.address)
        expect(attempt.promised).toBe(owner)
        const wallet = await walletOf(opened, one, account.address, HOME)
        if (wallet === null) throw new Error('no wallet')
        await opened.gateway.core.users.deleteCredential(one.project.id, 'wallet', wallet.id)
        const answer = await attempt.submit(await account.sign(attempt.text))
        expect(reasonOf(opened.gateway, answer)).toBe('user_unknown: wallet_unlinked')
        expect(await enter(one, name, account)).not.toBe(owner)
      }
    })
  })

  describe('what is said about it', () => {
    it.each(DOOR_NAMES)(
      '%s: an address that is suspended lets no account of it in, nor keeps a 4mica or WalletKit session',
      async (name) => {
        const { one } = opened
        const account = await deployOwned(readGround().home)
        const session = await signIn(one, name, account)
        expect(verdictOf(await DOORS[name].keep(one, session))).toBe('200')
        const again = await signIn(one, name, account)
        await opened.gateway.core.grantWalletAccess(one.project.id, accountAt(account, null), SUSPENDED)
        const answer = await signIn(one, name, account)
        expect(answer.status).not.toBe(200)
        expect(reasonOf(opened.gateway, answer)).toBe('wallet_inactive: wallet_inactive')
        if (name === '4mica' || name === 'WalletKit') {
          const kept = await DOORS[name].keep(one, again)
          expect(reasonOf(opened.gateway, kept)).toBe('wallet_inactive: wallet_inactive')
        }
      },
    )

    it('a WalletKit token names its chain, without which it would speak for whoever has the address elsewhere', async () => {
      const { one } = opened
      const claimsOf = async (signer: Parameters<typeof signIn>[2]) => {
        const { access_token } = (await signIn(one, 'WalletKit', signer)).body as { readonly access_token: string }
        return JSON.parse(Buffer.from(String(access_token.split('.')[1]), 'base64url').toString())
      }
      const contract = await deployOwned(readGround().home)
      expect(await claimsOf(contract)).toMatchObject({
        siwe_wallet_address: contract.address,
        siwe_wallet_chain_id: `eip155:${HOME}`,
      })
      const key = await delegateKey(readGround())
      expect(await claimsOf({ ...key, sign: key.signPlain })).not.toHaveProperty('siwe_wallet_chain_id')
    })

    it('what an account of one chain may do says nothing of the other', async () => {
      const { both } = opened
      const { here, there } = await deployTwins(readGround())
      const { grantWalletAccess } = opened.gateway.core
      await grantWalletAccess(both.project.id, accountAt(here, HOME), SUSPENDED)
      await grantWalletAccess(both.project.id, accountAt(there, AWAY), ACCESS)
      expect((await signIn(both, 'WalletKit', here, { chainId: HOME })).status).toBe(403)
      const { access_token } = (await signIn(both, '4mica', there)).body as { readonly access_token: string }
      const claims = JSON.parse(Buffer.from(String(access_token.split('.')[1]), 'base64url').toString())
      expect(claims).toMatchObject({ sub: there.address.toLowerCase(), role: 'facilitator', chain_id: AWAY })
    })

    it.each(DOOR_NAMES)(
      '%s: an owner who was replaced does not sign in, and sessions that live go on',
      async (name) => {
        const { one } = opened
        const account = await deployOwned(readGround().home)
        const session = await signIn(one, name, account)
        const userId = await userOf(opened, one, session, account)
        const next = newKey()
        await readGround().home.send(account.address, encodeCall('rotate', [next.address]))
        expect(verdictOf(await signIn(one, name, account))).toBe(DOORS[name].invalid)
        expect(verdictOf(await DOORS[name].keep(one, session))).toBe('200')
        expect(await enter(one, name, { ...account, sign: signWith(next) })).toBe(userId)
      },
    )
  })
})

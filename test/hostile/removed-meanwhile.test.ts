import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { AuthError } from '../../core/errors.ts'
import { linkWallet } from '../../core/identities/link-wallet.ts'
import { createSystemRandom } from '../../core/random.ts'
import type { Stores } from '../../core/stores/stores.ts'
import { readSession, readWallet, refusalOf, SIWE_VERIFY, USERS, VERIFY } from '../adapters/moonkey/door.ts'
import { CODES, type EmailDoor, type EmailGateway, LINKS, openEmailGateway } from '../adapters/moonkey/email-door.ts'
import { newEmail } from '../adapters/moonkey/endpoints.ts'
import {
  openDoor as openWalletKitDoor,
  readCreation,
  refusalOf as refusalOfWalletKit,
  type WalletKitDoor,
} from '../adapters/walletkit/door.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import { STORES, openStoresForTests as storesFor } from '../support/gateway.ts'
import { interceptStores, type StoreAct } from '../support/intercept-stores.ts'
import { ORIGIN } from '../support/origin.ts'
import { ethereumSigner, type Signer, solanaSigner } from '../support/signers.ts'

const GONE = '404 user_not_found'
const WISH = { session_expires_in: 60 }

/** Something that happens beside a request: just before its next act of this name. */
class Meanwhile {
  #planned: { readonly act: StoreAct; readonly happens: () => Promise<unknown> } | null = null

  readonly wrap = (stores: Stores): Stores =>
    interceptStores(stores, async (act, _, run) => {
      const planned = this.#planned
      if (planned?.act === act) {
        this.#planned = null
        await planned.happens()
      }
      return run()
    })

  before(act: StoreAct, happens: () => Promise<unknown>): void {
    this.#planned = { act, happens }
  }

  requireHappened(): void {
    expect(this.#planned).toBeNull()
  }
}

/**
 * Whoever has stolen a key keeps sign-ins running, so that one has read whose it is when that is taken away, and opens its session when all
 * sessions have been ended.
 */
describe.each(STORES)('a sign-in under way while its credential is taken away, on %s', (store) => {
  const meanwhile = new Meanwhile()
  let opened: EmailGateway
  let door: EmailDoor
  beforeAll(async () => {
    opened = await openEmailGateway(store, { wrap: meanwhile.wrap })
    ;({ door } = opened)
  })
  afterEach(() => meanwhile.requireHappened())
  afterAll(async () => {
    await opened.close()
    await opened.stores.close()
  })

  const sessionsOf = (userId: string) => opened.stores.sessions.list(door.project.id, userId, door.clock.now())
  const untilNone = (userId: string) => vi.waitFor(async () => expect(await sessionsOf(userId)).toEqual([]))
  const requireOk = async (answer: ReturnType<EmailDoor['delete']>) => expect(refusalOf(await answer)).toBe('200')
  /** Signs in with the address, which makes it a verified one of whoever has it. */
  const signInByCode = async (email: string, more: object = WISH) =>
    door.ok(`${CODES}/verify`, { ...(await door.mailedCode(email)), ...more })
  const emailIdOf = async (userId: string) => (await door.user(userId)).emails[0]?.id ?? ''

  const WAYS = [
    ['an Ethereum wallet', async () => walletWay(ethereumSigner())],
    ['a Solana wallet', async () => walletWay(solanaSigner())],
    ['a wallet by SIWE', async () => walletWay(ethereumSigner(), 'siwe')],
    ['a code', async () => emailWay('code')],
    ['a link', async () => emailWay('link')],
  ] as const

  /** Who signs in, the request that does, and how the credential is taken away. */
  async function walletWay(signer: ReturnType<typeof ethereumSigner>, kind: 'challenge' | 'siwe' = 'challenge') {
    const { user_id: userId, id } = await door.signIn(signer)
    const body = kind === 'siwe' ? await door.proveBySiwe(signer, {}, WISH) : await door.prove(signer, WISH)
    const send = () => door.post(kind === 'siwe' ? SIWE_VERIFY : VERIFY, body)
    return { userId, send, remove: () => requireOk(door.delete(`${USERS}/wallets/${id}/delete`)) }
  }
  async function emailWay(kind: 'code' | 'link') {
    const email = newEmail()
    const { user_id: id } = await signInByCode(email, {})
    const userId = String(id)
    const emailId = await emailIdOf(userId)
    const proof =
      kind === 'code'
        ? ([`${CODES}/verify`, await door.mailedCode(email)] as const)
        : ([`${LINKS}/verify`, { token: await door.mailedToken(email) }] as const)
    const send = () => door.post(proof[0], { ...proof[1], ...WISH })
    return { userId, send, remove: () => requireOk(door.delete(`${USERS}/emails/${emailId}/delete`)) }
  }

  describe.each(WAYS)('%s', (_, begin) => {
    it('is refused, and leaves no session, when it is unlinked', async () => {
      const { userId, send, remove } = await begin()
      meanwhile.before('sessions.open', remove)
      expect(refusalOf(await send())).toBe(GONE)
      await untilNone(userId)
    })

    it('is refused, and leaves no session, when the user is deleted', async () => {
      const { userId, send } = await begin()
      meanwhile.before('sessions.open', () => door.gateway.core.users.delete(door.project.id, userId))
      expect(refusalOf(await send())).toBe(GONE)
      await untilNone(userId)
    })

    it('ends with the others when it is unlinked a moment later', async () => {
      const { userId, send, remove } = await begin()
      meanwhile.before('identities.isHeld', remove)
      expect(refusalOf(await send())).toBe(GONE)
      await untilNone(userId)
    })
  })

  it('is refused also when whoever had it has it again, under another id', async () => {
    const signer = ethereumSigner()
    const { userId, send, remove } = await walletWay(signer)
    meanwhile.before('sessions.open', async () => {
      await remove()
      const { stores, clock } = door.gateway
      const again = { projectId: door.project.id, account: door.account(signer), userId }
      await linkWallet({ identities: stores.identities, clock, random: createSystemRandom() }, again)
    })
    expect(refusalOf(await send())).toBe(GONE)
    await untilNone(userId)
  })

  it('ends the session that it was added to, as unlinking does', async () => {
    const signer = ethereumSigner()
    const email = newEmail()
    const { user_id: id, session_token } = await signInByCode(email)
    const { session_token: other } = await signInByCode(email)
    const userId = String(id)
    const wallet = await door.signIn(signer, {}, { user_id: userId })
    expect(wallet.user_id).toBe(userId)
    const body = await door.prove(signer, { session_token })
    meanwhile.before('sessions.renew', () => requireOk(door.delete(`${USERS}/wallets/${wallet.id}/delete`)))
    expect(refusalOf(await door.verify(body))).toBe(GONE)
    expect(refusalOf(await door.verifySession({ session_token }))).toBe('404 session_not_found')
    // The wallet had no part in the other one.
    const kept = readSession(await door.verifySession({ session_token: other }))
    expect(kept.session.factors.map(({ type }) => type)).toEqual(['otp'])
    expect((await sessionsOf(userId)).map((session) => session.id)).toEqual([kept.session.id])
  })

  it('has ended the sessions before the credential is nobody’s, so that a crash in between leaves none', async () => {
    const signer = ethereumSigner()
    const { user_id: userId, id } = await door.signIn(signer, WISH)
    expect(await sessionsOf(userId)).toHaveLength(1)
    let left: unknown
    meanwhile.before('identities.release', async () => {
      left = await sessionsOf(userId)
    })
    await requireOk(door.delete(`${USERS}/wallets/${id}/delete`))
    expect(left).toEqual([])
  })

  it('leaves the wallet to a new user, who signs in with what was signed for it', async () => {
    const signer = ethereumSigner()
    const { userId, send, remove } = await walletWay(signer, 'siwe')
    meanwhile.before('sessions.open', remove)
    expect(refusalOf(await send())).toBe(GONE)
    const { user_id: next } = readWallet(await door.verifySiwe(await door.proveBySiwe(signer)))
    expect(next).not.toBe(userId)
  })

  it('keeps a session that an outage kept from being checked', async () => {
    const signer = ethereumSigner()
    const { session_token } = await door.openSession(signer)
    const body = await door.prove(signer, { session_token })
    meanwhile.before('identities.isHeld', () => Promise.reject(new AuthError('store_unavailable', 'planted')))
    expect(refusalOf(await door.post(VERIFY, body))).toBe('503 service_unavailable')
    expect(refusalOf(await door.post(VERIFY, body))).toBe('200')
  })
})

describe.each(STORES)('a WalletKit sign-in under way while its wallet is taken away, on %s', (store) => {
  const meanwhile = new Meanwhile()
  const stores = storesFor(store)
  let door: WalletKitDoor
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ door, close } = await openWalletKitDoor(store, meanwhile.wrap(stores)))
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  afterEach(() => meanwhile.requireHappened())

  const walletOf = async (signer: Signer) => {
    const wallet = await stores.identities.findWallet(door.project.id, accountOf(signer))
    if (wallet === null) throw new Error('the wallet is not there')
    return wallet
  }
  const accountOf = (signer: Signer) => door.gateway.core.parseAccount('eip155', signer.address)
  const remove = async (signer: Signer) =>
    door.gateway.core.users.deleteCredential(door.project.id, 'wallet', (await walletOf(signer)).id)
  /** Taken away, and given back to the same user as another credential. */
  const replace = async (signer: Signer) => {
    const { userId, id } = await walletOf(signer)
    await remove(signer)
    const again = { projectId: door.project.id, account: accountOf(signer), userId }
    await linkWallet({ ...stores, clock: door.clock, random: createSystemRandom() }, again)
    expect((await walletOf(signer)).id).not.toBe(id)
  }

  it.each([
    ['taken away', remove],
    ['replaced by itself', replace],
  ])('cannot be refreshed, and makes no passkey: %s', async (_, change) => {
    const signer = ethereumSigner()
    await door.signInByWallet(signer)
    meanwhile.before('sessions.open', () => change(signer))
    const session = await door.signInByWallet(signer)
    meanwhile.requireHappened()
    expect(refusalOfWalletKit(await door.refresh(session))).toBe('401 refresh_token_invalid')
    expect((await door.beginRegistration(session)).status).toBe(401)
  })

  describe('whose session is making a passkey', () => {
    /** What a thief has: a session by the stolen key, and a passkey that is ready to be shown. */
    const steal = async () => {
      const signer = ethereumSigner()
      const session = await door.signInByWallet(signer)
      const authenticator = createAuthenticator()
      const attestation = authenticator.create(readCreation(await door.beginRegistration(session)), ORIGIN)
      return { signer, session, authenticator, finish: () => door.finishRegistration(session, attestation) }
    }
    const passkeysOf = (userId: string) => stores.identities.listCredentials(door.project.id, userId, ['passkey'])
    const sessionsOf = (userId: string) => stores.sessions.list(door.project.id, userId, door.clock.now())
    const suspend = (signer: Signer) =>
      door.gateway.core.grantWalletAccess(door.project.id, accountOf(signer), {
        role: 'user',
        scopes: [],
        status: 'suspended',
      })

    it.each<[string, number, (stolen: Awaited<ReturnType<typeof steal>>) => Promise<unknown>]>([
      ['its wallet is taken away', 401, ({ signer }) => remove(signer)],
      ['its wallet is replaced by itself', 401, ({ signer }) => replace(signer)],
      ['its wallet is suspended', 403, ({ signer }) => suspend(signer)],
      ['it is logged out', 401, ({ session }) => door.logout(session)],
      ['its user is deleted', 400, ({ session }) => door.gateway.core.users.delete(door.project.id, session.user_id)],
    ])('leaves none when %s', async (_, status, happens) => {
      const stolen = await steal()
      const { session, authenticator, finish } = stolen
      meanwhile.before('identities.claimFor', () => happens(stolen))
      expect((await finish()).status).toBe(status)
      expect(await passkeysOf(session.user_id)).toEqual([])
      expect((await door.showPasskey(await door.assert(authenticator))).status).toBe(400)
    })

    it('ends what the passkey has opened before it was taken back', async () => {
      const { signer, session, authenticator, finish } = await steal()
      let quick: Awaited<ReturnType<WalletKitDoor['signInByPasskey']>> | null = null
      meanwhile.before('identities.claimFor', async () => {
        await remove(signer)
        // The next look for a session asks whether this one still lives.
        meanwhile.before('sessions.find', async () => {
          quick = await door.signInByPasskey(authenticator)
        })
      })
      expect((await finish()).status).toBe(401)
      expect(quick).toMatchObject({ user_id: session.user_id })
      expect(await passkeysOf(session.user_id)).toEqual([])
      expect(await sessionsOf(session.user_id)).toEqual([])
    })

    it('leaves none that could not be checked', async () => {
      const { session, finish } = await steal()
      const fail = () => Promise.reject(new AuthError('store_unavailable', 'planted'))
      meanwhile.before('identities.claimFor', async () => meanwhile.before('sessions.find', fail))
      expect((await finish()).status).toBe(503)
      expect(await passkeysOf(session.user_id)).toEqual([])
    })

    it('registers it where nothing happens', async () => {
      const { session, authenticator, finish } = await steal()
      meanwhile.before('identities.claimFor', async () => {})
      expect((await finish()).status).toBe(204)
      expect((await door.signInByPasskey(authenticator)).user_id).toBe(session.user_id)
    })
  })
})

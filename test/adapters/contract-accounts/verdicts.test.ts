import { type Address, concatHex, type Hex, hashMessage, numberToHex, pad, stringToHex } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newKey, wrapSignature } from '../../support/evm/accounts.ts'
import { initCodeOf } from '../../support/evm/test-chain.ts'
import { STORES } from '../../support/gateway.ts'
import {
  delegateKey,
  deployOwned,
  deployReplaySafe,
  encodeCall,
  planOwned,
  type Sign,
  signerOf,
  signWith,
} from './accounts.ts'
import {
  type Account,
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

/** An account and how it is made to sign; each test makes its own. */
type Make = (ground: Ground) => Promise<Account>

const withSign = (make: (ground: Ground) => Promise<Account>, sign: Sign): Make => {
  return async (ground) => ({ ...(await make(ground)), sign })
}
const strangers = (make: Make): Make => withSign(make, signWith())
const owned: Make = ({ home }) => deployOwned(home)

const odd =
  (manner: number): Make =>
  async ({ home }) =>
    signerOf(await home.deploy(initCodeOf('OddWallet', 'uint256', [manner])), signWith())

const both = async ({ home }: Ground) => {
  const [one, other] = [newKey(), newKey()]
  const code = initCodeOf('TwoOfTwoWallet', 'address, address', [one.address, other.address])
  return { address: await home.deploy(code), first: signWith(one), second: signWith(other) }
}

const late = async ({ home }: Ground) => {
  const owner = newKey()
  const address = await home.deploy(initCodeOf('LateWallet', 'address', [owner.address]))
  const signAfter =
    (prepare: Hex, sign: Sign): Sign =>
    async (text) =>
      wrapSignature(address, prepare, await sign(text))
  return { address, owner, signAfter }
}

const ACCEPTED: readonly (readonly [title: string, make: Make])[] = [
  ['ERC-1271: the owner of a deployed account', owned],
  [
    'ERC-1271: both owners of a 2-of-2',
    async (ground) => {
      const { address, first, second } = await both(ground)
      return signerOf(address, async (text) => concatHex([await first(text), await second(text)]))
    },
  ],
  [
    'ERC-1271: the owner after a rotation',
    async ({ home }) => {
      const account = await deployOwned(home)
      const next = newKey()
      await home.send(account.address, encodeCall('rotate', [next.address]))
      return { ...account, sign: signWith(next) }
    },
  ],
  ['ERC-1271: a replay-safe hash', deployReplaySafe],
  ['ERC-6492: the owner of an account that is not deployed', planOwned],
  [
    'ERC-6492: the wrapper of an account that is deployed by now',
    async (ground) => {
      const account = await planOwned(ground)
      await account.deploy()
      return account
    },
  ],
  [
    'ERC-1271: the plain signature of an account that its factory has deployed',
    async (ground) => {
      const account = await planOwned(ground)
      await account.deploy()
      return { ...account, sign: signWith(account.owner) }
    },
  ],
  [
    'ERC-6492: the owner of an account that is made ready',
    async (ground) => {
      const { address, owner, signAfter } = await late(ground)
      return signerOf(address, signAfter(encodeCall('initialise', [owner.address]), signWith(owner)))
    },
  ],
  ['EIP-7702: the delegate’s form of a signature', delegateKey],
]

const REFUSED: readonly (readonly [reason: string, title: string, make: Make])[] = [
  ['contract_refused', 'ERC-1271: a stranger', strangers(owned)],
  [
    'contract_refused',
    'ERC-1271: the owner’s signature of another text',
    async ({ home }) => {
      const { owner, ...account } = await deployOwned(home)
      return { ...account, sign: (text) => owner.signMessage({ message: `${text}\n` }) }
    },
  ],
  [
    'contract_refused',
    'ERC-1271: one owner of a 2-of-2',
    async (ground) => {
      const { address, first } = await both(ground)
      return signerOf(address, first)
    },
  ],
  [
    'contract_refused',
    'ERC-1271: one owner of a 2-of-2, twice',
    async (ground) => {
      const { address, first } = await both(ground)
      return signerOf(address, async (text) => concatHex([await first(text), await first(text)]))
    },
  ],
  [
    'contract_refused',
    'ERC-1271: the owner before a rotation',
    async ({ home }) => {
      const account = await deployOwned(home)
      await home.send(account.address, encodeCall('rotate', [newKey().address]))
      return account
    },
  ],
  [
    'contract_refused',
    'ERC-1271: the owner of a frozen account',
    async ({ home }) => {
      const account = await deployOwned(home)
      await home.send(account.address, encodeCall('freeze'))
      return account
    },
  ],
  [
    'contract_refused',
    'ERC-1271: a replay-safe hash that names another account',
    async (ground) => {
      const account = await deployReplaySafe(ground)
      const code = initCodeOf('ReplaySafeWallet', 'address', [account.owner.address])
      return signerOf(await ground.home.deploy(code), account.sign)
    },
  ],
  [
    'contract_refused',
    'ERC-1271: a plain signature where the hash is replay-safe',
    async (ground) => {
      const account = await deployReplaySafe(ground)
      return { ...account, sign: signWith(account.owner) }
    },
  ],
  ['contract_reverted', 'ERC-1271: an account that reverts', odd(0)],
  ['contract_reverted', 'ERC-1271: an account that reverts with the magic value', odd(1)],
  ['contract_gas_exhausted', 'ERC-1271: an account that burns its gas', odd(2)],
  ['contract_refused', 'ERC-1271: an account that returns nothing', odd(4)],
  ['contract_refused', 'ERC-1271: the magic value without padding', odd(5)],
  ['contract_refused', 'ERC-1271: the magic value with a dirty padding', odd(6)],
  ['contract_refused', 'ERC-1271: the magic value and half a megabyte', odd(8)],
  ['contract_refused', 'ERC-1271: an account that says true', odd(12)],
  ['contract_refused', 'ERC-1271: the magic value of the first draft', odd(14)],
  ['account_without_code', 'ERC-6492: an account that is not deployed, without the wrapper', strangers(planOwned)],
  [
    'contract_refused',
    'ERC-6492: a stranger in the wrapper',
    async (ground) => {
      const account = await planOwned(ground)
      return { ...account, sign: account.wrap(signWith()) }
    },
  ],
  [
    'factory_deployed_nothing',
    'ERC-6492: the wrapper of another account',
    async (ground) => ({ ...(await planOwned(ground)), address: (await planOwned(ground)).address }),
  ],
  [
    'contract_reverted',
    'ERC-6492: a stranger who makes the account ready',
    async (ground) => {
      const { address, signAfter } = await late(ground)
      const stranger = newKey()
      return signerOf(address, signAfter(encodeCall('initialise', [stranger.address]), signWith(stranger)))
    },
  ],
  [
    'contract_refused',
    'EIP-7702: a stranger in the delegate’s form',
    async (ground) => {
      const [account, stranger] = [await delegateKey(ground), signWith()]
      return { ...account, sign: async (text) => concatHex(['0x01', await stranger(text)]) }
    },
  ],
  [
    'account_without_code',
    'EIP-7702: the delegate’s form after the delegation was taken back',
    async (ground) => {
      const account = await delegateKey(ground)
      await ground.home.delegate(account.owner, `0x${'0'.repeat(40)}`)
      return account
    },
  ],
  ['account_without_code', 'a stranger for a key’s address', async () => signerOf(newKey().address, signWith())],
]

/** What our validator answers when it accepts. */
const forgeVerdict = (text: string): Hex =>
  concatHex([
    pad(stringToHex('walletgate signature verdict 1'), { dir: 'right' }),
    numberToHex(HOME, { size: 32 }),
    numberToHex(2, { size: 32 }),
    hashMessage(text),
  ])

const HOSTILE: readonly (readonly [
  reason: string,
  title: string,
  call: (account: Address, text: string) => readonly [string, readonly unknown[]],
])[] = [
  ['factory_deployed_nothing', 'succeeds and does nothing', () => ['succeed', []]],
  ['factory_deployed_nothing', 'deploys at another address', () => ['elsewhere', [initCodeOf('ApprovingWallet')]]],
  ['factory_reverted', 'reverts', () => ['refuse', []]],
  ['factory_gas_exhausted', 'burns its gas', () => ['burn', []]],
  ['factory_deployed_nothing', 'returns a forged verdict', (_, text) => ['forge', [forgeVerdict(text)]]],
  ['factory_deployed_nothing', 'returns half a megabyte', () => ['bomb', []]],
  ['factory_deployed_nothing', 'calls back', (account, text) => ['callBack', [account, forgeVerdict(text)]]],
]

/** Decided without a question, though the chain could be asked. */
const UNASKED: readonly (readonly [reason: string, title: string, make: Make])[] = [
  ['signature_empty', 'an empty signature', withSign(owned, async () => '0x')],
  [
    'signature_empty',
    'an empty signature in a wrapper',
    async (ground) => ({ ...(await planOwned(ground)), sign: async () => wrapSignature(ground.factory, '0x00', '0x') }),
  ],
  ['wrapper_malformed', 'the end of a wrapper alone', withSign(owned, async () => `0x${'6492'.repeat(16)}`)],
  ['address_reserved', 'a precompile', async () => signerOf(`0x${'4'.padStart(40, '0')}`, signWith())],
  ['address_reserved', 'a system contract', async () => signerOf(`0x${'8001'.padStart(40, '0')}`, signWith())],
]

describe.each(STORES)('contract accounts on %s', (store) => {
  let opened: OpenedProjects
  beforeAll(async () => {
    opened = await openProjects(store, readGround())
  })
  afterAll(() => opened?.close())

  describe.each(DOOR_NAMES)('%s', (name) => {
    const door = DOORS[name]
    const asked = async <T>(act: () => Promise<T>): Promise<readonly [answer: T, requests: number]> => {
      const { homeRpc } = readGround()
      const before = homeRpc.bodies.length
      const answer = await act()
      return [answer, homeRpc.bodies.length - before]
    }
    const expectRefused = async (faces: Faces, account: Account, reason: string, questions: number) => {
      const attempt = await door.begin(faces, account.address)
      const [answer, requests] = await asked(async () => attempt.submit(await account.sign(attempt.text)))
      expect(`${verdictOf(answer)} (${reasonOf(opened.gateway, answer)})`).toBe(
        `${door.invalid} (signature_invalid: ${reason})`,
      )
      expect(answer.headers.get('retry-after')).toBeNull()
      expect(requests).toBe(questions)
      expect(await walletOf(opened, faces, account.address, faces.chainId)).toBeNull()
      expect(await walletOf(opened, faces, account.address, null)).toBeNull()
    }

    it.each(ACCEPTED)('signs in, by one question: %s', async (_, make) => {
      const { one } = opened
      const account = await make(readGround())
      const attempt = await door.begin(one, account.address)
      const signature = await account.sign(attempt.text)
      const [answer, requests] = await asked(() => attempt.submit(signature))
      const userId = await userOf(opened, one, answer, account)
      expect(requests).toBe(1)
      if (attempt.promised !== null) expect(userId).toBe(attempt.promised)
      expect(await walletOf(opened, one, account.address, null)).toBeNull()
      const [kept, keptRequests] = await asked(() => door.keep(one, answer))
      expect([verdictOf(kept), keptRequests]).toEqual(['200', 0])
      // The same user every time; and what was signed once is spent, which nobody is asked about.
      expect(await userOf(opened, one, await signIn(one, name, account), account)).toBe(userId)
      const [again, againRequests] = await asked(() => attempt.submit(signature))
      expect([reasonOf(opened.gateway, again), againRequests]).toEqual(['challenge_unusable: nonce_unknown', 0])
    })

    it.each(REFUSED)('refuses, by one question (%s): %s', async (reason, _, make) => {
      await expectRefused(opened.one, await make(readGround()), reason, 1)
    })

    it.each(HOSTILE)('refuses, by one question (%s): a factory that %s', async (reason, _, call) => {
      const { hostile, home } = readGround()
      const key = newKey()
      const by =
        (address: Address): Sign =>
        async (text) => {
          const [functionName, args] = call(address, text)
          return wrapSignature(hostile, encodeCall(functionName, args), await signWith(key)(text))
        }
      const { address: undeployed } = await planOwned(readGround())
      await expectRefused(opened.one, signerOf(undeployed, by(undeployed)), reason, 1)
      const { address: victim } = await deployOwned(home)
      await expectRefused(opened.one, signerOf(victim, by(victim)), 'contract_refused', 1)
    })

    it.each(UNASKED)('refuses without a question (%s): %s', async (reason, _, make) => {
      await expectRefused(opened.one, await make(readGround()), reason, 0)
    })

    it('calls the factories of the project’s list only, and needs none for a deployed account', async () => {
      const ground = readGround()
      const account = await planOwned(ground)
      await userOf(opened, opened.listed, await signIn(opened.listed, name, account), account)
      const unlisted = await ground.home.deploy(initCodeOf('WalletFactory'))
      const elsewhere = await planOwned({ ...ground, factory: unlisted })
      await expectRefused(opened.listed, elsewhere, 'factory_not_allowed', 1)
      await userOf(opened, opened.one, await signIn(opened.one, name, elsewhere), elsewhere)
      await elsewhere.deploy()
      await userOf(opened, opened.listed, await signIn(opened.listed, name, elsewhere), elsewhere)
      const { address, owner, signAfter } = await late(ground)
      const prepared = signerOf(address, signAfter(encodeCall('initialise', [owner.address]), signWith(owner)))
      await expectRefused(opened.listed, prepared, 'contract_reverted', 1)
    })

    it('asks nobody where the project serves no chain, or not the one that the text names', async () => {
      const account = await deployOwned(readGround().home)
      await expectRefused(opened.none, account, 'signature_invalid', 0)
      if (!door.choosesChain) return
      for (const chainId of [1, AWAY_FROM_HOME, `0${HOME}`]) {
        const [answer, requests] = await asked(() => signIn(opened.one, name, account, { chainId }))
        expect([answer.status === 200, requests]).toEqual([false, 0])
      }
    })

    it('EIP-7702: the key’s own signature is decided here, and is the key’s account', async () => {
      const account = await delegateKey(readGround())
      const [answer, requests] = await asked(() => signIn(opened.one, name, { ...account, sign: account.signPlain }))
      await userOf(opened, opened.one, answer, account, null)
      expect(requests).toBe(0)
      expect(await walletOf(opened, opened.one, account.address, HOME)).toBeNull()
    })

    it('sends only eth_call, to one place, and never the text', async () => {
      const { homeRpc } = readGround()
      const account = await deployOwned(readGround().home)
      const attempt = await door.begin(opened.one, account.address)
      const before = homeRpc.bodies.length
      await attempt.submit(await account.sign(attempt.text))
      const [body] = homeRpc.bodies.slice(before)
      expect(body?.method).toBe('eth_call')
      expect(body?.params.slice(1)).toEqual(['latest'])
      const sent = JSON.stringify(body) + (homeRpc.heads.at(-1) ?? '')
      expect(sent).toContain(hashMessage(attempt.text).slice(2))
      expect(sent).not.toContain(Buffer.from(attempt.text.slice(0, 24)).toString('hex'))
      expect(homeRpc.heads.at(-1)).toMatch(/^POST \/ HTTP\/1\.1\r\n/)
    })
  })
})

const AWAY_FROM_HOME = 137

import type { Wallet } from '../../../core/identities/identity.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import type { ProjectSettings } from '../../../src/config/settings.ts'
import type { Answer } from '../../support/api-client.ts'
import { openStoresForTests, type StoreName, type TestGateway } from '../../support/gateway.ts'
import type { Signer } from '../../support/signers.ts'
import { formatEthereumMessage } from '../../support/wallets.ts'
import { FourMicaDoor, fourMicaProject } from '../fourmica/door.ts'
import { type Body, MoonKeyDoor, moonKeyProject, readBegin, readNonce } from '../moonkey/door.ts'
import { firstOf, openWalletKit, type WalletKitDoor, walletKitProject } from '../walletkit/door.ts'
import { AWAY, type Ground, HOME } from './ground.ts'

export type Account = Pick<Signer, 'address' | 'sign'>

/** A text that waits for a signature. */
export interface Attempt {
  readonly text: string
  /** Who was promised the account; null where the dialect does not say. */
  readonly promised: string | null
  submit(signature: string): Promise<Answer>
}

export interface BeginOptions {
  /** What the text names, where it names a chain. */
  readonly chainId?: number | string
  /** Rewrites the message before it is signed. */
  readonly edit?: (text: string) => string
}

/** One way to sign in with a wallet. */
export interface Door {
  /** May the client choose the chain it names? */
  readonly choosesChain: boolean
  /** What it answers when the signature is not the account's, and when nobody could tell. */
  readonly invalid: string
  readonly unavailable: string
  begin(faces: Faces, address: string, options?: BeginOptions): Promise<Attempt>
  /** Keeps a session alive, as the client of this dialect does. */
  keep(faces: Faces, signedIn: Answer): Promise<Answer>
}

/** The three dialects of one project. */
export interface Faces {
  readonly project: ProjectSettings
  readonly chainId: number
  readonly fourmica: FourMicaDoor
  readonly moonkey: MoonKeyDoor
  readonly walletkit: WalletKitDoor
}

const MOONKEY = { invalid: '400 invalid_signature', unavailable: '503 service_unavailable' } as const
const SESSION = { session_expires_in: 60 } as const

function moonKeyBody(address: string, signature: string): Body & { readonly signature: string } {
  return { wallet_type: 'ethereum', public_address: address, signature, ...SESSION }
}

const keepMoonKey: Door['keep'] = ({ moonkey }, { body }) =>
  moonkey.verifySession({ session_token: (body as Body)['session_token'] })

const asItIs = (text: string): string => text

export type DoorName = '4mica' | 'MoonKey message' | 'MoonKey challenge' | 'WalletKit'

/** The same cases go through each of these. */
export const DOORS: Readonly<Record<DoorName, Door>> = {
  '4mica': {
    choosesChain: false,
    invalid: '401 Invalid or expired SIWE signature',
    unavailable: '500 authentication could not be completed, try again',
    async begin({ fourmica }, address, { chainId, edit = asItIs } = {}) {
      const { nonce, siwe } = await fourmica.requestTemplate(address)
      const text = edit(
        formatEthereumMessage({
          domain: siwe.domain,
          address,
          statement: siwe.statement,
          uri: siwe.uri,
          version: '1',
          chainId: chainId ?? siwe.chain_id,
          nonce,
          issuedAt: siwe.issued_at,
          expiration: siwe.expiration,
        }),
      )
      return { text, promised: null, submit: (signature) => fourmica.verify({ address, message: text, signature }) }
    },
    keep: ({ fourmica }, { body }) => fourmica.refresh((body as Body)['refresh_token']),
  },
  'MoonKey message': {
    ...MOONKEY,
    choosesChain: true,
    async begin({ moonkey, chainId: own }, address, { chainId = own, edit = asItIs } = {}) {
      const signer = { type: 'ethereum', address } as const
      const { nonce, user_id: promised } = readNonce(await moonkey.nonce(signer))
      const text = edit(moonkey.siweText(asSigner(address), nonce, { chainId }))
      const submit = (signature: string) =>
        moonkey.verifySiwe({ ...moonKeyBody(address, signature), siwe_challenge: text })
      return { text, promised, submit }
    },
    keep: keepMoonKey,
  },
  'MoonKey challenge': {
    ...MOONKEY,
    choosesChain: false,
    async begin({ moonkey }, address) {
      const { challenge: text, user_id: promised } = readBegin(await moonkey.begin({ type: 'ethereum', address }))
      return { text, promised, submit: (signature) => moonkey.verify(moonKeyBody(address, signature)) }
    },
    keep: keepMoonKey,
  },
  WalletKit: {
    choosesChain: true,
    invalid: '400 signature_invalid',
    unavailable: '503 service_unavailable',
    async begin({ walletkit, chainId: own }, address, { chainId = own, edit = asItIs } = {}) {
      const { user_id: promised, nonce } = await walletkit.nonceFor({ address })
      const text = edit(walletkit.signInText(asSigner(address), nonce, { chainId }))
      const submit = (signature: string) => walletkit.verify({ siwe_message: text, signature, user_id: promised })
      return { text, promised, submit }
    },
    keep({ walletkit }, { body }) {
      const { id, refresh_token } = body as { readonly id: string; readonly refresh_token: string }
      return walletkit.refresh({ id, refresh_token })
    },
  },
}

export const DOOR_NAMES = Object.keys(DOORS) as readonly DoorName[]
/** Those whose text says on which chain the account is, as the client chooses. */
export const CHOOSING_DOORS = DOOR_NAMES.filter((name) => DOORS[name].choosesChain)
/** Those that tell the client of a user before anybody has signed. */
export const PROMISING_DOORS = DOOR_NAMES.filter((name) => name !== '4mica')

function asSigner(address: string): Signer {
  const sign = async () => ''
  return { type: 'ethereum', namespace: 'eip155', address, shownAddress: address.toLowerCase(), sign }
}

/** A whole sign-in with what the account signs. */
export async function signIn(faces: Faces, name: DoorName, account: Account, options?: BeginOptions): Promise<Answer> {
  const attempt = await DOORS[name].begin(faces, account.address, options)
  return attempt.submit(await account.sign(attempt.text))
}

/** Status and the dialect's word for it. */
export function verdictOf({ status, body }: Answer): string {
  if (status === 200) return '200'
  const { error, error_type: type, code } = body as Readonly<Record<string, unknown>>
  return `${status} ${type ?? code ?? error}`
}

/** Why, as the log says beside this answer's request id. */
export function reasonOf(gateway: TestGateway, { headers }: Answer): string {
  const requestId = headers.get('x-request-id')
  const lines = gateway.logs.filter((line) => line['requestId'] === requestId)
  if (lines.length !== 1) throw new Error(`${lines.length} log lines for one request`)
  return `${lines[0]?.['code']}: ${lines[0]?.['reason']}`
}

export interface OpenedProjects {
  readonly gateway: TestGateway
  readonly stores: Stores
  /** Serves one chain, `HOME`. */
  readonly one: Faces
  /** Another with the same; nothing crosses. */
  readonly other: Faces
  /** Serves both chains; its 4mica tenant is of `AWAY`. */
  readonly both: Faces
  /** Calls no factory but the honest one. */
  readonly listed: Faces
  /** Serves none. */
  readonly none: Faces
  close(): Promise<void>
}

/** One gateway with projects that serve these nodes, each behind all three dialects. */
export async function openProjects(store: StoreName, ground: Ground): Promise<OpenedProjects> {
  const { homeRpc, awayRpc, factory } = ground
  const home = { [`eip155:${HOME}`]: [homeRpc.url] }
  const away = { [`eip155:${AWAY}`]: [awayRpc.url] }
  const plan = (host: string, chainId: number, rest: Pick<ProjectSettings, 'evmRpcUrls' | 'allowedFactories'>) => {
    const { moonkey } = moonKeyProject()
    const { fourmica } = fourMicaProject({ hosts: [host], chainId })
    return { host, chainId, project: walletKitProject({}, { moonkey, fourmica, ...rest }) }
  }
  const plans = [
    plan('one.test', HOME, { evmRpcUrls: home, allowedFactories: null }),
    plan('other.test', HOME, { evmRpcUrls: home, allowedFactories: null }),
    plan('both.test', AWAY, { evmRpcUrls: { ...home, ...away }, allowedFactories: null }),
    plan('listed.test', HOME, { evmRpcUrls: home, allowedFactories: [factory] }),
    plan('none.test', HOME, { evmRpcUrls: {}, allowedFactories: null }),
  ]
  const stores = openStoresForTests(store)
  const { gateway, doors, close } = await openWalletKit(store, stores, {
    projects: plans.map(({ project }) => project),
  })
  const faces = plans.map(({ host, chainId, project }): Faces => {
    const walletkit = firstOf(doors.filter((door) => door.project === project))
    const fourmica = new FourMicaDoor(gateway, project, host)
    return { project, chainId, fourmica, moonkey: new MoonKeyDoor(gateway, project), walletkit }
  })
  const [one, other, both, listed, none] = faces as [Faces, Faces, Faces, Faces, Faces]
  return {
    gateway,
    stores,
    one,
    other,
    both,
    listed,
    none,
    async close() {
      await close()
      await gateway.close()
    },
  }
}

/** The wallet on record for this address on this chain; null: a key's. */
export function walletOf(
  { stores }: Pick<OpenedProjects, 'stores'>,
  { project }: Faces,
  address: string,
  chain: number | null,
): Promise<Wallet | null> {
  const account = {
    namespace: 'eip155',
    address: address.toLowerCase(),
    chain: chain === null ? null : String(chain),
  } as const
  return stores.identities.findWallet(project.id, account)
}

/** Whose the session is. Throws unless the answer is one. */
export async function userOf(
  opened: Pick<OpenedProjects, 'stores'>,
  faces: Faces,
  answer: Answer,
  account: Pick<Account, 'address'>,
  chain: number | null = faces.chainId,
): Promise<string> {
  if (answer.status !== 200) throw new Error(`expected 200, got ${answer.status}: ${answer.text.slice(0, 300)}`)
  const wallet = await walletOf(opened, faces, account.address, chain)
  const { user_id: told } = answer.body as { readonly user_id?: string }
  if (wallet === null) throw new Error('no wallet is on record')
  if (told !== undefined && told !== wallet.userId) throw new Error('the answer names another user than the store')
  return wallet.userId
}

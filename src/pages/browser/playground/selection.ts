import type { PlaygroundProject, PlaygroundSettings } from '../../playground/playground-settings.ts'
import type { ChainName } from './signer.ts'

export type DialectName = 'walletkit' | 'moonkey' | '4mica'
export type Way = 'wallet' | 'email-code' | 'magic-link' | 'passkey' | 'anonymous' | 'message' | 'challenge'

/** What has been chosen. Always something that the project offers. */
export interface Selection {
  readonly project: PlaygroundProject
  readonly dialect: DialectName
  readonly way: Way
  readonly chain: ChainName
}

export const DIALECTS: readonly (readonly [DialectName, string])[] = [
  ['walletkit', 'WalletKit'],
  ['moonkey', 'MoonKey'],
  ['4mica', '4mica'],
]
export const WAYS: Readonly<Record<DialectName, readonly (readonly [Way, string])[]>> = {
  walletkit: [
    ['wallet', 'Wallet'],
    ['email-code', 'E-mail code'],
    ['magic-link', 'Magic link'],
    ['passkey', 'Passkey'],
    ['anonymous', 'Anonymous'],
  ],
  moonkey: [
    ['message', 'Sign-in message'],
    ['challenge', 'Challenge'],
  ],
  '4mica': [['message', 'Sign-in message']],
}
export const CHAINS: readonly (readonly [ChainName, string])[] = [
  ['ethereum', 'Ethereum'],
  ['solana', 'Solana'],
]

const WALLET_WAYS: readonly Way[] = ['wallet', 'message', 'challenge']

/** Is a wallet needed? */
export function needsWallet({ way }: Pick<Selection, 'way'>): boolean {
  return WALLET_WAYS.includes(way)
}

export function speaks(project: PlaygroundProject, dialect: DialectName): boolean {
  return project[dialect === '4mica' ? 'fourmica' : dialect] !== null
}

export function knowsChain(dialect: DialectName, chain: ChainName): boolean {
  return dialect !== '4mica' || chain === 'ethereum'
}

/** The wish, as far as it can be had; else what comes first. Null: there is nothing to choose from. */
export function settle(
  { projects }: PlaygroundSettings,
  wish: { readonly projectId?: string; readonly dialect?: string; readonly way?: string; readonly chain?: string },
): Selection | null {
  const offering = projects.filter((each) => DIALECTS.some(([name]) => speaks(each, name)))
  const project = offering.find(({ id }) => id === wish.projectId) ?? offering[0]
  if (project === undefined) return null
  const dialects = DIALECTS.map(([name]) => name).filter((name) => speaks(project, name))
  const dialect = dialects.find((name) => name === wish.dialect) ?? dialects[0]
  if (dialect === undefined) return null
  const ways = WAYS[dialect].map(([name]) => name)
  const way = ways.find((name) => name === wish.way) ?? ways[0] ?? 'wallet'
  const chains = CHAINS.map(([name]) => name).filter((name) => knowsChain(dialect, name))
  return { project, dialect, way, chain: chains.find((name) => name === wish.chain) ?? 'ethereum' }
}

/** The selection as the fragment of an address: a reload and a link lead back to it. */
export function formatFragment({ project, dialect, way, chain }: Selection, isOnlyProject: boolean): string {
  const parts = [dialect, way, ...(needsWallet({ way }) ? [chain] : [])]
  return `#${parts.join('/')}${isOnlyProject ? '' : `?${encodeURIComponent(project.id)}`}`
}

/** What a fragment wishes for. Anything may stand there. */
export function parseFragment(fragment: string): Parameters<typeof settle>[1] {
  const [path = '', project] = fragment.slice(1).split('?')
  const [dialect, way, chain] = path.split('/')
  return {
    ...(project === undefined ? {} : { projectId: decode(project) }),
    ...(dialect === undefined ? {} : { dialect }),
    ...(way === undefined ? {} : { way }),
    ...(chain === undefined ? {} : { chain }),
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

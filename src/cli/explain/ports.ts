import { createChains } from '../../../core/chains/chains.ts'
import type { ContractAccounts, ContractVerdict } from '../../../core/chains/contract-accounts.ts'
import type { Challenge, ChallengeKey } from '../../../core/challenges/challenge.ts'
import { AuthError } from '../../../core/errors.ts'
import { createSignInMessageParser } from '../../../core/messages/parse-sign-in-message.ts'
import type { ProofPorts } from '../../../core/sign-in/proof.ts'
import type { ChallengeStore } from '../../../core/stores/stores.ts'
import type { ProjectSettings, Settings } from '../../config/settings.ts'
import { openStores } from '../../stores/open-stores.ts'

/** What is known of nonces: the store says, or somebody does, or they are taken to be live. */
export type NonceSource = 'store' | 'said' | 'assumed'

export interface ExplainPorts extends ProofPorts {
  readonly nonceSource: NonceSource
  /** The store itself, for a look at other doors; null: it is not asked about nonces. */
  readonly challenges: Pick<ChallengeStore, 'find'> | null
  /** What the chain said; null: it was not asked, or not yet. */
  contractVerdict(): ContractVerdict | null
  close(): Promise<void>
}

export interface ExplainTerms {
  readonly offline: boolean
  readonly nonceKnown: 'yes' | 'no' | null
  /** The challenge that is taken to be there when nobody looks; null: there can be none. */
  readonly assume: (key: ChallengeKey) => Pick<Challenge, 'context'> | null
}

/**
 * What signing in would look at: the real chains and RPC servers, and the real store if other processes share it. Nothing here can
 * write: a nonce is looked at and never taken.
 */
export async function openExplainPorts(
  settings: Pick<Settings, 'store'>,
  project: ProjectSettings,
  { offline, nonceKnown, assume }: ExplainTerms,
): Promise<ExplainPorts> {
  const chains = await createChains()
  const stores = settings.store.kind === 'memory' ? null : openStores(settings.store)
  const contracts = await openContracts(project)
  const recorded = contracts === null ? null : recordVerdict(contracts.contractAccounts, offline)
  const isAsked = stores !== null && nonceKnown === null
  return {
    chains,
    contractAccounts: recorded?.contractAccounts ?? null,
    parseSignInMessage: createSignInMessageParser([chains.eip155, chains.solana]),
    stores: {
      challenges: isAsked
        ? stores.challenges
        : { find: async (key, now) => (nonceKnown === 'no' ? null : assumeLive(assume, key, now)) },
      identities: stores?.identities ?? { findWallet: async () => null },
    },
    nonceSource: isAsked ? 'store' : nonceKnown === null ? 'assumed' : 'said',
    challenges: isAsked ? stores.challenges : null,
    contractVerdict: () => recorded?.verdict() ?? null,
    async close() {
      contracts?.close()
      await stores?.close()
    },
  }
}

async function openContracts(project: ProjectSettings) {
  if (Object.keys(project.evmRpcUrls).length === 0) return null
  const { openContractAccounts } = await import('../../rpc/open-contract-accounts.ts')
  return openContractAccounts([project])
}

/** Asks once, however often the same proof is looked at. */
function recordVerdict(contractAccounts: ContractAccounts, offline: boolean) {
  let asked: Promise<ContractVerdict> | undefined
  let verdict: ContractVerdict | null = null
  const verify: ContractAccounts['verify'] = (signature) => {
    if (offline) return Promise.reject(new AuthError('chain_unavailable', 'rpc_not_asked'))
    asked ??= contractAccounts.verify(signature).then((answer) => {
      verdict = answer
      return answer
    })
    return asked
  }
  return { contractAccounts: { ...contractAccounts, verify }, verdict: () => verdict }
}

function assumeLive(assume: ExplainTerms['assume'], key: ChallengeKey, now: Date): Challenge | null {
  const assumed = assume(key)
  return assumed && { ...key, ...assumed, nonce: key.handle, issuedAt: now, expiresAt: new Date(now.getTime() + 1) }
}

import type { ContractAccountsState } from './open-contract-accounts.ts'

/** How the newest questions to a chain's servers went. `unknown`: there were none yet. */
export type ChainHealth = 'ok' | 'failing' | 'unknown'

/**
 * Each chain once, by CAIP-2 id, at its worst among the projects that serve it. Nothing is asked for this: it is what the sign-ins of
 * contract accounts have met, in this process.
 */
export function chainHealth(states: readonly ContractAccountsState[]): Readonly<Record<string, ChainHealth>> {
  const health: Record<string, ChainHealth> = {}
  for (const { chainId, servers } of states) health[chainId] = worse(health[chainId], healthOf(servers))
  return health
}

/** One server that answers is enough: the others are passed over. */
function healthOf(servers: ContractAccountsState['servers']): ChainHealth {
  if (servers.some(({ lastOutcome }) => lastOutcome === 'answered')) return 'ok'
  return servers.every(({ lastOutcome }) => lastOutcome === null) ? 'unknown' : 'failing'
}

const BY_SEVERITY: readonly ChainHealth[] = ['unknown', 'ok', 'failing']

function worse(one: ChainHealth | undefined, other: ChainHealth): ChainHealth {
  return one !== undefined && BY_SEVERITY.indexOf(one) > BY_SEVERITY.indexOf(other) ? one : other
}

import { type CostClass, LIMITS, REFUSED_PROOF_POINTS, SCOPES, type Scope } from './cost-classes.ts'
import type { Window, WindowCounts } from './window-counts.ts'

/** Who asks, as far as it is known; what is not known is not counted. */
export interface Caller {
  /** An IPv4 address or an IPv6 /64; null when called in process. */
  readonly network: string | null
  /** Null: none was named, or no such project exists. */
  readonly projectId: string | null
  /** It has shown a secret key of the project. */
  readonly isServer: boolean
}

export interface Refusal {
  /** For the log: the class and whose points were spent. */
  readonly reason: `${CostClass}_per_${Scope}`
  readonly retryAfterSeconds: number
}

export interface Limiter {
  /**
   * Takes one request's points; null when it may go on. Answers at once where nothing has to be asked, so that cheap requests
   * wait for nobody. Never throws, and never refuses because a store is down.
   * @param account the wallet or user it is about, null where there is none
   */
  charge(costClass: CostClass, caller: Caller, account: string | null): Refusal | null | Promise<Refusal | null>
  /** Takes what a refused credential or signature costs besides. */
  chargeRefusedProof(caller: Caller): void
}

interface Step {
  readonly reason: Refusal['reason']
  readonly scope: Scope
  readonly window: Window
}

/** Beyond any honest address or id, which a schema bounds more closely. */
const MAX_ACCOUNT_LENGTH = 512

/** @param factor every limit but those of accounts is so many times larger */
export function createLimiter(counts: WindowCounts, factor: number): Limiter {
  const stepsOf = (costClass: CostClass): readonly Step[] =>
    SCOPES.flatMap((scope) => {
      const window = LIMITS[costClass][scope]
      if (window === undefined) return []
      // How many strangers share an address or a project differs; how often one person mistypes a code does not.
      const points = scope === 'account' ? window.points : window.points * factor
      return [{ reason: `${costClass}_per_${scope}` as const, scope, window: { ...window, points } }]
    })
  const steps = {
    cheap: stepsOf('cheap'),
    rpc: stepsOf('rpc'),
    create: stepsOf('create'),
    enroll: stepsOf('enroll'),
    signup: stepsOf('signup'),
    guess: stepsOf('guess'),
    mail: stepsOf('mail'),
  } satisfies Record<CostClass, readonly Step[]>
  const refusedProof = steps.cheap.find(({ scope }) => scope === 'address')

  function chargeFrom(
    list: readonly Step[],
    index: number,
    caller: Caller,
    account: string | null,
  ): Refusal | null | Promise<Refusal | null> {
    for (let at = index; at < list.length; at += 1) {
      const step = list[at]
      const subject = step === undefined ? null : subjectOf(step.scope, caller, account)
      if (step === undefined || subject === null) continue
      const wait = counts.take(`${step.reason}|${subject}`, step.window)
      if (typeof wait !== 'number') {
        return wait.then((ms) => (ms > 0 ? refuse(step, ms) : chargeFrom(list, at + 1, caller, account)))
      }
      if (wait > 0) return refuse(step, wait)
    }
    return null
  }

  return {
    charge: (costClass, caller, account) => chargeFrom(steps[costClass], 0, caller, account && spell(account)),
    chargeRefusedProof(caller) {
      const subject = refusedProof === undefined ? null : subjectOf('address', caller, null)
      if (refusedProof === undefined || subject === null) return
      void counts.take(`${refusedProof.reason}|${subject}`, refusedProof.window, REFUSED_PROOF_POINTS)
    },
  }
}

/** Whose points a scope's are for this caller, or null where the scope is not for it. Ids of projects have no `|`. */
function subjectOf(scope: Scope, { network, projectId, isServer }: Caller, account: string | null): string | null {
  switch (scope) {
    case 'address':
      return isServer ? null : network
    case 'address_and_account':
      return isServer || network === null || projectId === null || account === null
        ? null
        : `${network}|${projectId}|${account}`
    case 'account':
      return projectId === null || account === null ? null : `${projectId}|${account}`
    case 'servers':
      return isServer ? projectId : null
    case 'project':
      return isServer ? null : projectId
  }
}

/** Spellings of one address count as one. Ids differ by more than that. */
function spell(account: string): string | null {
  if (account.length > MAX_ACCOUNT_LENGTH) return null
  return account.trim().toLowerCase().replace(/^0x/, '')
}

function refuse({ reason }: Step, waitMs: number): Refusal {
  return { reason, retryAfterSeconds: Math.max(Math.ceil(waitMs / 1000), 1) }
}

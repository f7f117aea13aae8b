import type { Context, MiddlewareHandler } from 'hono'
import { TooManyRequests } from '../../adapters/shared/failure.ts'
import type { HttpEnv } from '../../adapters/shared/http.ts'
import type { AuthErrorCode } from '../../core/errors.ts'
import type { Soon } from '../../core/tokens/key-ring.ts'
import { networkOf } from './address.ts'
import type { Caller, Limiter, Refusal } from './limiter.ts'
import { remember } from './recent-map.ts'
import { CHEAP, type RouteCost, type RouteCosts } from './route-costs.ts'

/** What a dialect says of who calls. */
export type Identified = Pick<Caller, 'projectId' | 'isServer'>
export type Identify = (c: Context<HttpEnv>) => Soon<Identified>

/** How many callers' networks are kept read. */
const REMEMBERED = 4_096
/** What a proof costs besides. */
const EXPENSES = { chain_question: 'rpc', new_wallet: 'enroll' } as const
/** Answers to a credential or a signature that was not good. */
const REFUSED_PROOFS: ReadonlySet<AuthErrorCode> = new Set([
  'project_unknown',
  'session_unusable',
  'refresh_token_unusable',
  'signature_invalid',
  'passkey_unusable',
])

/**
 * Refuses callers who had their share, before anything is done for them. It stands behind the dialect's CORS: pages may read the
 * refusal, and preflights never get here. @throws {TooManyRequests}
 */
export function limitRequests(limiter: Limiter, costs: RouteCosts, identify: Identify): MiddlewareHandler<HttpEnv> {
  const costOf = new Map(Object.entries(costs))
  const network = remember(networkOf, REMEMBERED)
  return async (c, next) => {
    const address = c.get('callerAddress')
    const identified = identify(c)
    const caller = {
      network: address === undefined ? null : network(address),
      ...(identified instanceof Promise ? await identified : identified),
    }
    const cost = costOf.get(`${c.req.method} ${c.req.path}`) ?? CHEAP
    const { costClass, account } =
      cost.account === null ? { costClass: cost.costClass, account: null } : await readCost(c, cost)
    const charged = limiter.charge(costClass, caller, account)
    pass(charged instanceof Promise ? await charged : charged)
    c.set('charge', async (expense) => pass(await limiter.charge(EXPENSES[expense], caller, null)))
    await next()
    const failure = c.get('failure')
    if (failure?.kind === 'refused' && REFUSED_PROOFS.has(failure.error.code)) limiter.chargeRefusedProof(caller)
  }
}

/** @throws {TooManyRequests} */
function pass(refusal: Refusal | null): void {
  if (refusal !== null) throw new TooManyRequests(refusal.reason, refusal.retryAfterSeconds)
}

/** What this request costs and whose account it is about, as far as its body says so. The route judges the body itself. */
async function readCost(c: Context<HttpEnv>, { costClass, account, onlyWith }: RouteCost) {
  const body = await readObject(c)
  const name = account === null ? null : body[account]
  const isCheap = onlyWith !== null && (body[onlyWith] ?? '') === ''
  return { costClass: isCheap ? 'cheap' : costClass, account: typeof name === 'string' ? name : null } as const
}

/** The text of a body is kept for whoever reads it next; what is no JSON object is the route's to refuse. */
async function readObject(c: Context<HttpEnv>): Promise<Readonly<Record<string, unknown>>> {
  try {
    const body: unknown = await c.req.json()
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

import type { UncheckedReason } from '../../core/chains/contract-accounts.ts'
import type { Reading } from '../../core/chains/ethereum/contracts/eth-calls.ts'
import { post } from './post.ts'
import { readRpcAnswer } from './read-rpc-answer.ts'
import type { RpcLimits } from './rpc-limits.ts'
import type { RpcServer } from './rpc-server.ts'

/** How one request to a server ended. */
export type RequestOutcome = 'answered' | UncheckedReason

/** One request to a server, as it ended. */
export interface RpcAttempt {
  /** Its place in the configuration, from 0: URLs may hold keys. */
  readonly server: number
  readonly outcome: RequestOutcome
  readonly milliseconds: number
}

/** The servers of one chain, for one project. */
export interface RpcChain {
  /** Asks them in turn until one gives a result that `read` understands; else the last reason, `rpc_busy` at once. */
  call<T>(params: readonly unknown[], read: (result: string) => Reading<T>): Promise<Reading<T>>
  state(): RpcChainState
  /** Closes connections as soon as nothing is under way. */
  retire(): void
  /** Closes them now, and ends what is under way. */
  close(): void
}

export interface RpcChainState {
  readonly callsUnderWay: number
  /** Questions turned away because too many were under way: no request was sent for them. */
  readonly turnedAway: number
  /** Requests sent, by how they ended. */
  readonly requests: Readonly<Partial<Record<RequestOutcome, number>>>
  /** In the order of the configuration, which is how they are named: URLs may hold keys. */
  readonly servers: readonly ServerState[]
}

export interface ServerState {
  /** Null before the first request. */
  readonly lastOutcome: RequestOutcome | null
}

/** With less time left a request is not worth sending. */
const MIN_ATTEMPT_MS = 20

interface Candidate {
  readonly server: RpcServer
  lastOutcome: RequestOutcome | null
  failedAt: number
}

/** `elapsed`: milliseconds that only ever grow; `tell` hears of every request that was sent. */
export function createRpcChain(
  servers: readonly RpcServer[],
  limits: RpcLimits,
  elapsed: () => number,
  tell: (attempt: RpcAttempt) => void = () => {},
): RpcChain {
  const candidates = servers.map((server): Candidate => ({ server, lastOutcome: null, failedAt: -Infinity }))
  const requests: Partial<Record<RequestOutcome, number>> = {}
  let callsUnderWay = 0
  let turnedAway = 0
  let lastId = 0
  let isRetired = false

  function close(): void {
    for (const { server } of candidates) server.close()
  }

  async function ask<T>(
    candidate: Candidate,
    params: readonly unknown[],
    timeoutMs: number,
    read: (result: string) => Reading<T>,
  ) {
    const id = ++lastId
    const since = elapsed()
    const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'eth_call', params })
    const text = await post(candidate.server, body, { timeoutMs, answerBytes: limits.answerBytes })
    const result = text.outcome === 'read' ? readRpcAnswer(text.value, id) : text
    const reading = result.outcome === 'read' ? read(result.value) : result
    const outcome = reading.outcome === 'read' ? 'answered' : reading.reason
    candidate.lastOutcome = outcome
    candidate.failedAt = outcome === 'answered' ? -Infinity : elapsed()
    requests[outcome] = (requests[outcome] ?? 0) + 1
    tell({ server: candidates.indexOf(candidate), outcome, milliseconds: elapsed() - since })
    return reading
  }

  async function askInTurn<T>(params: readonly unknown[], read: (result: string) => Reading<T>): Promise<Reading<T>> {
    const deadline = elapsed() + limits.totalMs
    const isSetAside = ({ failedAt }: Candidate) => elapsed() - failedAt < limits.setAsideMs
    // A stable sort: otherwise in the order of the configuration.
    const order = candidates.toSorted((a, b) => Number(isSetAside(a)) - Number(isSetAside(b)))
    let reading: Reading<T> = { outcome: 'failed', reason: 'rpc_timeout' }
    for (const candidate of order) {
      const timeoutMs = Math.min(limits.attemptMs, deadline - elapsed())
      if (timeoutMs < MIN_ATTEMPT_MS) return reading
      reading = await ask(candidate, params, timeoutMs, read)
      if (reading.outcome === 'read') return reading
    }
    return reading
  }

  return {
    async call(params, read) {
      if (callsUnderWay >= limits.concurrency) {
        turnedAway += 1
        return { outcome: 'failed', reason: 'rpc_busy' }
      }
      callsUnderWay += 1
      try {
        return await askInTurn(params, read)
      } finally {
        callsUnderWay -= 1
        if (isRetired && callsUnderWay === 0) close()
      }
    },
    state: () => ({
      callsUnderWay,
      turnedAway,
      requests: { ...requests },
      servers: candidates.map(({ lastOutcome }) => ({ lastOutcome })),
    }),
    retire() {
      isRetired = true
      if (callsUnderWay === 0) close()
    },
    close,
  }
}

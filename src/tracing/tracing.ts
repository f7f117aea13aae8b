import type { Context } from 'hono'
import type { HttpEnv } from '../../adapters/shared/http.ts'
import type { Transport } from '../../core/queue/delivery.ts'
import type { Stores } from '../../core/stores/stores.ts'
import type { Operation } from '../metrics/meters.ts'
import type { RpcAttempt } from '../rpc/rpc-chain.ts'

/** Traces of one process. Names, codes and random ids only: nothing that a caller wrote gets into one but its request id. */
export interface Tracing {
  /** @param trustedProxies addresses and CIDR ranges whose `traceparent` is believed, where any is */
  requests(trustedProxies: readonly string[]): RequestTracer
  /** The same stores, whose acts are part of the request they are done for. Call it once. */
  traceStores(stores: Stores): Stores
  /** A question to a chain's RPC server has ended. */
  noteRpc(attempt: RpcAttempt & { readonly chainId: string }): void
  /** The same transport, whose deliveries belong to the request that queued them, where that is known. */
  traceDeliveries<T>(what: string, transport: Transport<T>): Transport<T>
  /** Sends what waits, for a second at most. Never rejects. */
  close(): Promise<void>
}

/** Follows requests. */
export interface RequestTracer {
  /** Null: nobody wants to see this one. */
  begin(c: Context<HttpEnv>, requestId: string): RequestSpan | null
}

export interface RequestSpan {
  /** What the log line names it by. */
  readonly ids: { readonly trace_id: string; readonly span_id: string }
  /** What `act` does is part of this request. */
  within<T>(act: () => T): T
  /** @param outcome `ok`, or the stable word for what went wrong */
  end(operation: Operation, status: number, outcome: string): void
}

import type { HttpBindings } from '@hono/node-server'
import type { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Charge } from '../../core/index.ts'
import type { Failure } from './failure.ts'

/** What the process puts beside a request, and what an answer leaves for its log line. */
export interface HttpEnv {
  /** The sockets' side of the request; absent when the application is called in process. */
  Bindings: Partial<HttpBindings>
  Variables: {
    requestId: string
    /** Where the request comes from, trusted proxies passed over; not set when the application is called in process. */
    callerAddress: string | undefined
    /** What a proof costs besides; not set where nobody is refused for asking too often. */
    charge: Charge | undefined
    /** Set by whoever refuses: what the log line says about it. */
    failure: Failure
  }
}

/** One vendor's door: where it stands, how it introduces itself, and how it says no. */
export interface Dialect {
  /** As in the file names of `specs/`. */
  readonly name: string
  readonly title: string
  readonly description: string
  /** Path prefixes that are this dialect's, without a trailing slash. */
  readonly prefixes: readonly string[]
  /** Any refusal or outage in the vendor's own shape. Never throws. */
  renderFailure(c: Context<HttpEnv>, failure: Failure): Response
}

/** A required JSON request body. (When `required` is absent, an empty POST reaches the handler as `{}`.) */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { content: { 'application/json': { schema } }, required: true } as const
}

/** A JSON answer. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { content: { 'application/json': { schema } }, description } as const
}

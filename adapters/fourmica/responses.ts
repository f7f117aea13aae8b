import type { z } from '@hono/zod-openapi'
import { json } from '../shared/http.ts'
import { ErrorReply } from './schemas.ts'

/** What every route may answer besides its own. */
const COMMON = {
  400: json(ErrorReply, 'The request is malformed.'),
  413: json(ErrorReply, 'The body is larger than 64 KiB.'),
  429: json(ErrorReply, 'The caller has asked too often; `Retry-After` says when to ask again.'),
  500: json(ErrorReply, 'Authentication could not be completed; try again.'),
} as const

/** The answers of a route that returns this. */
export function answers<T extends z.ZodType>(schema: T, description: string) {
  return { 200: json(schema, description), ...COMMON } as const
}

/** The same, where something is proved. */
export function answersToProof<T extends z.ZodType>(schema: T, description: string) {
  return {
    ...answers(schema, description),
    401: json(ErrorReply, 'The nonce, message, signature or token is invalid or expired.'),
  } as const
}

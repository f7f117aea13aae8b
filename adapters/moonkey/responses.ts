import type { z } from '@hono/zod-openapi'
import { json } from '../shared/http.ts'
import { ErrorReply } from './schemas.ts'

/** What every keyed route may answer besides its own. */
const COMMON = {
  400: json(ErrorReply, 'The request is malformed, or what it shows is invalid or expired.'),
  401: json(ErrorReply, 'The API key is missing or unknown.'),
  413: json(ErrorReply, 'The body is larger than 64 KiB.'),
  429: json(ErrorReply, 'The caller has asked too often; `Retry-After` says when to ask again.'),
  500: json(ErrorReply, 'An internal error.'),
  503: json(ErrorReply, 'The store cannot answer; try again.'),
} as const

/** The answers of a route that returns this and that needs nothing to be there already. */
export function answers<T extends z.ZodType>(schema: T, description: string) {
  return { 200: json(schema, description), ...COMMON } as const
}

/** The same, where what is named may not exist. */
export function answersOrNotFound<T extends z.ZodType>(schema: T, description: string) {
  return { ...answers(schema, description), 404: json(ErrorReply, 'What the request names does not exist.') } as const
}

/** The same, where what is asked for may be somebody else's. */
export function answersOrConflict<T extends z.ZodType>(schema: T, description: string) {
  return { ...answersOrNotFound(schema, description), 409: json(ErrorReply, 'It is another user’s.') } as const
}

/** The same, of a sign-in. */
export function answersToSignIn<T extends z.ZodType>(schema: T, description: string) {
  return { ...answersOrConflict(schema, description), 403: json(ErrorReply, 'The wallet may not sign in.') } as const
}

/** The same as `answersOrNotFound`, of what sends mail. */
export function answersWithMail<T extends z.ZodType>(schema: T, description: string) {
  return {
    ...answersOrNotFound(schema, description),
    402: json(ErrorReply, 'This server is not set up to send email.'),
    429: json(ErrorReply, 'The caller has asked too often, or the address has been sent enough for now.'),
  } as const
}

/** `security` of routes for the App's server. */
export const SECRET_KEY = [{ MoonKeySecretKey: [] as string[] }]
/** `security` of routes for pages. */
export const PUBLIC_KEY = [{ MoonKeyPublicKey: [] as string[] }]

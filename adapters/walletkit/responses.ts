import type { z } from '@hono/zod-openapi'
import { json } from '../shared/http.ts'
import { ErrorReply } from './schemas.ts'

/** What every route may answer besides its own. */
const COMMON = {
  400: json(ErrorReply, 'The request is malformed, names no project, or what it shows is invalid or expired.'),
  403: json(ErrorReply, 'The project is unknown, or does not allow the page, the wallet or the way of signing in.'),
  413: json(ErrorReply, 'The body is larger than 64 KiB.'),
  429: json(ErrorReply, 'The caller has asked too often; `Retry-After` says when to ask again.'),
  500: json(ErrorReply, 'An internal error.'),
  503: json(ErrorReply, 'The store cannot answer; try again.'),
} as const

const unauthorized = json(ErrorReply, 'The token is missing, invalid or expired, or its session has ended.')

/** The answers of a route that returns this. */
export function answers<T extends z.ZodType>(schema: T, description: string) {
  return { 200: json(schema, description), ...COMMON } as const
}

/** The same, where a token is due. */
export function answersToToken<T extends z.ZodType>(schema: T, description: string) {
  return { ...answers(schema, description), 401: unauthorized } as const
}

/** The same, with nothing to say. */
export function answersNothing(description: string) {
  return { 204: { description }, ...COMMON, 401: unauthorized } as const
}

/** The same as `answers`, of what sends mail. */
export function answersWithMail<T extends z.ZodType>(schema: T, description: string) {
  return {
    ...answers(schema, description),
    429: json(ErrorReply, 'The caller has asked too often, or the address has been sent enough for now.'),
  } as const
}

/** `security` of routes for anybody. */
export const PROJECT = [{ WalletKitProject: [] as string[] }]
/** `security` of routes for who has signed in. */
export const ACCESS_TOKEN = [{ WalletKitProject: [] as string[], WalletKitAccessToken: [] as string[] }]

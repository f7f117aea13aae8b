/*
 * What the two mobile SDKs have in common: they know the wire by their generated models, and are stricter than browsers.
 * Each client throws where the SDK would fail to decode, and at anything that would make it behave unlike the vendor's.
 */

export type Fields = Readonly<Record<string, unknown>>

/** Reads one member of a model. Throws, naming the place, what is wrong with the value. */
export type Rule<T = unknown> = (value: unknown, place: string) => T

export const text: Rule<string> = (value, place) => {
  if (typeof value !== 'string') throw new DecodingError(`${place} is no string`)
  return value
}
export const flag: Rule<boolean> = (value, place) => {
  if (typeof value !== 'boolean') throw new DecodingError(`${place} is no boolean`)
  return value
}

/** What a decoder throws: the call failed for the app, whatever the status was. */
export class DecodingError extends Error {
  override readonly name = 'DecodingError'
}

/** An answer outside 200 to 299. Neither SDK decodes its body; apps that do, need `error` in it. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly status: number
  readonly body: string

  constructor(status: number, body: string) {
    super(`status ${status}: ${body.slice(0, 200)}`)
    this.status = status
    this.body = body
  }
}

/** A model: every member is required and none may be null; others are ignored. */
export function decodeModel<T extends Readonly<Record<string, Rule>>>(
  json: string,
  rules: T,
): { readonly [K in keyof T]: ReturnType<T[K]> } {
  if (json === '') throw new DecodingError('the body is empty')
  const value: unknown = JSON.parse(json)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new DecodingError('no object')
  const members = Object.entries(rules).map(([name, rule]) => [name, rule((value as Fields)[name], name)])
  return Object.fromEntries(members) as { readonly [K in keyof T]: ReturnType<T[K]> }
}

/** "Any JSON": not nothing. */
export function decodeAny(json: string): Fields {
  if (json === '') throw new DecodingError('the body is empty')
  const value: unknown = JSON.parse(json)
  if (value === null) throw new DecodingError('the body is null')
  return value as Fields
}

/** A `Session`, with the platform's way of reading dates. */
export const sessionRules = (date: Rule<Date>) =>
  ({
    id: text,
    created_at: date,
    project_id: text,
    user_id: text,
    access_token: text,
    access_token_expires_at: date,
    refresh_token: text,
    refresh_token_expires_at: date,
  }) as const

export type MobileSession = {
  readonly [K in keyof ReturnType<typeof sessionRules>]: K extends `${string}_at` ? Date : string
}

export const challengeRules = { id: text, code: text, expired: flag, completed: flag } as const
export const walletLoginRules = { user_id: text, nonce: text } as const
export const emailLoginRules = { user_id: text } as const

/** The header of the SDK's own requests, of which a test wants to know. */
export interface SentRequest {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body: string | null
  readonly status: number
}

/** Sends as a mobile HTTP stack does: no `Origin`; a redirect or a cookie, which it would act upon, is an error of ours. */
export async function sendMobile(
  url: string,
  request: {
    readonly method: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string | null
  },
  sent: SentRequest[],
): Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }> {
  const response = await fetch(url, { ...request, redirect: 'manual', signal: AbortSignal.timeout(10_000) })
  const body = await response.text()
  const { status, headers } = response
  sent.push({
    method: request.method,
    path: new URL(url).pathname,
    headers: new Headers(request.headers),
    body: request.body,
    status,
  })
  if (status >= 300 && status < 400) throw new Error(`${url} redirects`)
  if (headers.get('set-cookie') !== null) throw new Error(`${url} sets a cookie`)
  if (/basic/i.test(headers.get('www-authenticate') ?? '')) throw new Error(`${url} asks for a password`)
  return { status, headers, text: body }
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { planOutage } from '../../support/intercept-stores.ts'
import { ethereumSigner } from '../../support/signers.ts'
import { fetchChecked, type ListeningDoor, listenDoor } from './door.ts'
import { asRequest, ENDPOINTS } from './endpoints.ts'

type Fields = Record<string, unknown>
/** Throws what a typed Go struct would not decode. */
type Rule = (value: unknown, name: string) => void

const string: Rule = (value, name) => {
  if (typeof value !== 'string' || value.startsWith(NUMBER)) throw new TypeError(`${name}: not a string`)
}
/** `int64`: digits alone, no quotes, point or exponent. */
const integer: Rule = (value, name) => {
  if (typeof value !== 'string' || !/^-?\d+$/.test(value.slice(NUMBER.length)) || !value.startsWith(NUMBER)) {
    throw new TypeError(`${name}: not an integer: ${String(value)}`)
  }
}
const bool: Rule = (value, name) => {
  if (typeof value !== 'boolean') throw new TypeError(`${name}: not a bool`)
}
const struct =
  (fields: Readonly<Record<string, Rule>>): Rule =>
  (value, name) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new TypeError(`${name}: not an object`)
    for (const [field, rule] of Object.entries(fields)) rule((value as Fields)[field], `${name}.${field}`)
  }
const slice =
  (rule: Rule): Rule =>
  (value, name) => {
    if (!Array.isArray(value)) throw new TypeError(`${name}: not an array`)
    for (const each of value) rule(each, `${name}[]`)
  }
/** A pointer, or a field with `omitempty`. */
const optional =
  (rule: Rule): Rule =>
  (value, name) => {
    if (value !== undefined && value !== null) rule(value, name)
  }

const NUMBER = '\u0001number '

/** JSON whose numbers stay as they were written. Throws for a key given twice. */
function readJson(text: string): unknown {
  return JSON.parse(
    text.replaceAll(
      /((?<!\\)":)(-?\d[\d.eE+-]*)(?=[,}\]])/g,
      (_, colon: string, digits: string) => `${colon}"${NUMBER.replace('\u0001', '\\u0001')}${digits}"`,
    ),
  )
}

const times = { created_at: integer, updated_at: integer }
const factor = struct({
  delivery_channel: string,
  type: string,
  method: struct({
    method_id: string,
    method_type: string,
    last_verified_at: integer,
    wallet_id: string,
    wallet_type: string,
    wallet_public_address: string,
  }),
})
const sessionFields = {
  id: string,
  user_id: string,
  started_at: integer,
  expires_at: integer,
  last_active_at: integer,
  factors: slice(factor),
  device_fingerprint: struct({ user_agent: string, ip: string }),
  ...times,
}
const session = struct({ ...sessionFields, session_token: string })
const wallet = {
  id: string,
  app_id: string,
  user_id: string,
  public_address: string,
  wallet_type: string,
  is_default: bool,
  is_ready_only: bool,
  is_read_only: bool,
  is_imported: bool,
  verified: bool,
  ...times,
}
const contact = { id: string, verified: bool, ...times }
const userFields = {
  user_id: string,
  first_name: string,
  middle_name: string,
  last_name: string,
  status: string,
  active: bool,
  ...times,
  emails: slice(struct({ ...contact, email: string })),
  phone_numbers: slice(struct({ ...contact, phone_number: string })),
  wallets: slice(struct(wallet)),
}
const user = struct({
  ...userFields,
  idp_providers: slice(struct({ id: string })),
  totps: slice(struct({ id: string })),
  webauthn_credentials: slice(struct({ id: string })),
  metadata: struct({}),
})
const registration = {
  id: string,
  app_id: string,
  user_id: string,
  public_address: string,
  wallet_type: string,
  challenge: string,
  expires_at: integer,
  ...times,
}
const keySet = struct({
  keys: slice(
    struct({
      kid: string,
      kty: string,
      alg: string,
      use: string,
      key_ops: slice(string),
      n: string,
      e: string,
      x5c: slice(string),
      'x5t#S256': string,
    }),
  ),
})
const deleted = struct({ user_id: string, message: string })

/** The structs a strict client decodes each success into. */
const STRUCTS: Readonly<Record<keyof typeof ENDPOINTS, Rule>> = {
  'wallets/registrations/begin': struct(registration),
  'wallets/registrations/nonce': struct({ ...registration, nonce: string, user_created: bool }),
  'wallets/verify': struct({
    ...wallet,
    session: optional(session),
    session_token: optional(string),
    session_jwt: optional(string),
  }),
  'wallets/siwe/verify': struct({
    ...wallet,
    session: optional(session),
    session_token: optional(string),
    session_jwt: optional(string),
  }),
  'sessions/verify': struct({ session, session_token: string, session_jwt: string }),
  'sessions/delete': struct({ message: string }),
  'sessions/list': struct({ sessions: slice(struct(sessionFields)) }),
  'jwks/default': keySet,
  'jwks/{app_id}': keySet,
  'users/create': struct({
    ...userFields,
    app_id: string,
    email: string,
    email_id: string,
    phone_number: string,
    phone_number_id: string,
    requires_verification: bool,
    user: optional(user),
  }),
  'users/search': struct({ users: slice(user), total_count: integer, has_more: bool }),
  'users/{user_id}': user,
  'users/{user_id}/update': struct({
    user_id: string,
    emails: slice(struct({ ...contact, email: string })),
    phone_numbers: slice(struct({ ...contact, phone_number: string })),
    user,
  }),
  'users/{user_id}/delete': deleted,
  'users/emails/{id}/delete': deleted,
  'users/phone_numbers/{id}/delete': deleted,
  'users/wallets/{id}/delete': deleted,
  'users/public/me': user,
}

/** The vendor's `error.go`: another type hides the real error (MoonKey digest §6). */
const ERROR = struct({
  error_message: string,
  error_type: string,
  status_code: integer,
  errors: optional(slice(struct({ code: integer, description: string, parameter: string }))),
})

interface Decoded {
  readonly status: number
  readonly error: { readonly type: string; readonly message: string; readonly statusCode: number } | null
}

/** The vendor's Go client: 200 and 201 must be a JSON object, 500 is not looked at, everything else is an error struct. */
async function decode(response: Response, reply: Rule): Promise<Decoded> {
  const { status } = response
  const text = await response.text()
  if (status === 500) return { status, error: { type: '', message: '', statusCode: 500 } }
  const value = readJson(text)
  if (status === 200 || status === 201) {
    reply(value, 'reply')
    return { status, error: null }
  }
  ERROR(value, 'error')
  const { error_type, error_message, status_code } = value as Record<string, string>
  return {
    status,
    error: {
      type: String(error_type),
      message: String(error_message),
      statusCode: Number(String(status_code).slice(NUMBER.length)),
    },
  }
}

describe.each(STORES)('a strictly typed client, as in Go, against a listening server on %s', (store) => {
  const stores = openStoresForTests(store)
  const outage = planOutage(stores, new AuthError('store_unavailable', 'planted'))
  let server: ListeningDoor
  let down: ListeningDoor
  beforeAll(async () => {
    server = await listenDoor(stores)
    down = await listenDoor(outage.stores)
  })
  afterAll(async () => {
    await Promise.all([server.close(), down.close()])
    await stores.close()
  })

  const send = (path: string, init: RequestInit & { method: string }, origin = server.url) =>
    fetchChecked(`${origin}${path}`, {
      ...init,
      headers: { accept: 'application/json', ...(init.headers as Record<string, string>) },
    })

  it.each(Object.entries(ENDPOINTS))('MOON-01: decodes the answer of %s', async (name, endpoint) => {
    const good = await endpoint.good(server.door)
    const { headers = {}, body = null } = asRequest(server.door, endpoint, good)
    const response = await send(good.path, { method: endpoint.method, headers, body: body as string | null })
    const rule = STRUCTS[name]
    if (rule === undefined) throw new Error(`no struct for ${name}`)
    expect(await decode(response, rule)).toEqual({ status: 200, error: null })
  })

  it('MOON-26: decodes a session and its factors', async () => {
    const { door } = server
    const { session_token } = await door.openSession()
    const headers = { authorization: `Bearer ${door.secretKey}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ session_token, session_expires_in: 525_600 })
    const response = await send('/v1/auth/sessions/verify', { method: 'POST', headers, body })
    expect((await decode(response, STRUCTS['sessions/verify'] ?? string)).error).toBeNull()
  })

  it('MOON-02: decodes every kind of error, the status an integer without quotes', async () => {
    const { door } = server
    const key = { authorization: `Bearer ${door.secretKey}` }
    const post = (path: string, body: string, headers: Record<string, string> = key) =>
      send(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
    const begin = '/v1/auth/wallets/registrations/begin'
    const wallet = JSON.stringify({ wallet_type: 'ETH', public_address: ethereumSigner().address, signature: '0x' })
    const responses = [
      await post(begin, '{}'),
      await post(begin, '{'),
      await post(begin, ''),
      await post(begin, '{}', {}),
      await post('/v1/auth/wallets/verify', wallet),
      await post('/v1/auth/magic_links/unknown', '{}'),
      await send(begin, { method: 'GET', headers: key }),
      await post(begin, `{"pad":"${'x'.repeat(70_000)}"}`),
    ]
    const decoded = await Promise.all(responses.map((response) => decode(response, string)))
    expect(decoded.map(({ error }) => `${error?.statusCode} ${error?.type}`)).toEqual([
      '400 invalid_request',
      '400 invalid_request',
      '400 invalid_request',
      '401 unauthorized',
      '404 wallet_registration_not_found',
      '404 not_found',
      '405 method_not_allowed',
      '413 request_too_large',
    ])
    for (const { status, error } of decoded) {
      expect(error?.statusCode).toBe(status)
      expect(error?.message.length).toBeGreaterThan(5)
    }
  })

  it('MOON-06: decodes an outage', async () => {
    const { door, url } = down
    outage.begin()
    const headers = { authorization: `Bearer ${door.secretKey}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ wallet_type: 'ETH', public_address: ethereumSigner().address })
    const response = await send('/v1/auth/wallets/registrations/begin', { method: 'POST', headers, body }, url)
    expect(await decode(response, string)).toMatchObject({
      status: 503,
      error: { statusCode: 503, type: 'service_unavailable' },
    })
  })

  it('the decoder itself refuses quoted, fractional and missing numbers', async () => {
    const bad = ['"400"', '400.5', '4e2', 'null', 'true']
    for (const status of bad) {
      const text = `{"status_code":${status},"error_type":"x","error_message":"y"}`
      await expect(decode(new Response(text, { status: 400 }), string)).rejects.toThrow('not an integer')
    }
    const text = '{"status_code":400,"error_type":"x","error_message":"y","errors":null}'
    expect(await decode(new Response(text, { status: 400 }), string)).toMatchObject({ error: { statusCode: 400 } })
  })
})

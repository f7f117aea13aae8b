import { randomInt, randomUUID } from 'node:crypto'
import type { ApiRequest } from '../../support/api-client.ts'
import { JSON_TYPE } from '../../support/api-client.ts'
import { ethereumSigner } from '../../support/signers.ts'
import { BEGIN, type Body, type MoonKeyDoor, NONCE, SESSIONS, SIWE_VERIFY, USERS, VERIFY } from './door.ts'

/** What answers a good request with 200. */
export interface GoodRequest {
  readonly path: string
  readonly body: Body | null
  readonly headers?: Readonly<Record<string, string>>
}

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Which key it asks for. */
  readonly key: 'secret' | 'public' | 'none'
  /** A fresh request that is answered with 200. */
  good(door: MoonKeyDoor): Promise<GoodRequest>
}

export const newEmail = (): string => `${randomUUID()}@example.test`
export const newPhoneNumber = (): string => `+1${randomInt(10 ** 9, 10 ** 10)}`

const registration = async (): Promise<Body> => ({ wallet_type: 'ethereum', public_address: ethereumSigner().address })

/** Every endpoint of wallets, sessions, keys and users. */
export const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  'wallets/registrations/begin': {
    method: 'POST',
    key: 'secret',
    good: async () => ({ path: BEGIN, body: await registration() }),
  },
  'wallets/registrations/nonce': {
    method: 'POST',
    key: 'secret',
    good: async () => ({ path: NONCE, body: await registration() }),
  },
  'wallets/verify': {
    method: 'POST',
    key: 'secret',
    good: async (door) => ({ path: VERIFY, body: await door.prove(ethereumSigner()) }),
  },
  'wallets/siwe/verify': {
    method: 'POST',
    key: 'secret',
    good: async (door) => ({ path: SIWE_VERIFY, body: await door.proveBySiwe(ethereumSigner()) }),
  },
  'sessions/verify': {
    method: 'POST',
    key: 'secret',
    good: async (door) => ({
      path: `${SESSIONS}/verify`,
      body: { session_token: (await door.openSession()).session_token },
    }),
  },
  'sessions/delete': {
    method: 'DELETE',
    key: 'secret',
    good: async (door) => ({
      path: `${SESSIONS}/delete`,
      body: { session_token: (await door.openSession()).session_token },
    }),
  },
  'sessions/list': {
    method: 'GET',
    key: 'secret',
    good: async (door) => ({
      path: `${SESSIONS}/list?user_id=${(await door.signIn(ethereumSigner())).user_id}`,
      body: null,
    }),
  },
  'jwks/default': { method: 'GET', key: 'secret', good: async () => ({ path: '/v1/auth/jwks/default', body: null }) },
  'jwks/{app_id}': {
    method: 'GET',
    key: 'none',
    good: async (door) => ({ path: `/v1/auth/jwks/${door.appId}`, body: null }),
  },
  'users/create': {
    method: 'POST',
    key: 'secret',
    good: async () => ({ path: `${USERS}/create`, body: { email: newEmail() } }),
  },
  'users/search': {
    method: 'POST',
    key: 'secret',
    good: async () => ({ path: `${USERS}/search`, body: { limit: 10 } }),
  },
  'users/{user_id}': {
    method: 'GET',
    key: 'secret',
    good: async (door) => ({ path: `${USERS}/${(await door.createUser({ email: newEmail() })).user_id}`, body: null }),
  },
  'users/{user_id}/update': {
    method: 'PUT',
    key: 'secret',
    good: async (door) => ({
      path: `${USERS}/${(await door.createUser({ email: newEmail() })).user_id}/update`,
      body: { first_name: 'Ada' },
    }),
  },
  'users/{user_id}/delete': {
    method: 'DELETE',
    key: 'secret',
    good: async (door) => ({
      path: `${USERS}/${(await door.createUser({ email: newEmail() })).user_id}/delete`,
      body: null,
    }),
  },
  'users/emails/{id}/delete': {
    method: 'DELETE',
    key: 'secret',
    good: async (door) => ({
      path: `${USERS}/emails/${(await door.createUser({ email: newEmail() })).email_id}/delete`,
      body: null,
    }),
  },
  'users/phone_numbers/{id}/delete': {
    method: 'DELETE',
    key: 'secret',
    good: async (door) => {
      const { phone_number_id: id } = await door.createUser({ phone_number: newPhoneNumber() })
      return { path: `${USERS}/phone_numbers/${id}/delete`, body: null }
    },
  },
  'users/wallets/{id}/delete': {
    method: 'DELETE',
    key: 'secret',
    good: async (door) => ({
      path: `${USERS}/wallets/${(await door.signIn(ethereumSigner())).id}/delete`,
      body: null,
    }),
  },
  'users/public/me': {
    method: 'GET',
    key: 'public',
    good: async (door) => ({
      path: `${USERS}/public/me`,
      body: null,
      headers: { 'x-streambird-session-token': (await door.openSession()).session_token },
    }),
  },
}

/** The header that opens this endpoint. */
export function keyHeader(door: MoonKeyDoor, { key }: Endpoint): Readonly<Record<string, string>> {
  if (key === 'none') return {}
  return { authorization: key === 'secret' ? `Bearer ${door.secretKey}` : `PublicToken ${door.publicKey}` }
}

/** The request as it goes out, key included; JSON even where there is no body, as the vendor's Node client sends it. */
export function asRequest(door: MoonKeyDoor, endpoint: Endpoint, { body, headers = {} }: GoodRequest): ApiRequest {
  return {
    method: endpoint.method,
    headers: { ...JSON_TYPE, ...keyHeader(door, endpoint), ...headers },
    body: body === null ? null : JSON.stringify(body),
  }
}

import type { ApiRequest } from '../../support/api-client.ts'
import { JSON_TYPE } from '../../support/api-client.ts'
import { createAuthenticator } from '../../support/authenticator.ts'
import { ORIGIN } from '../../support/origin.ts'
import { ethereumSigner } from '../../support/signers.ts'
import { type Body, bearer, newEmail, PROJECT_HEADER, readCreation, type WalletKitDoor } from './door.ts'

/** What answers a good request with success. */
export interface GoodRequest {
  /** With its query. */
  readonly path: string
  readonly body: Body | null
  readonly headers?: Readonly<Record<string, string>>
}

export interface Endpoint {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Whether a bearer is due. */
  readonly isPublic: boolean
  readonly success: 200 | 204
  /** What the body must have; null: there is none. */
  readonly fields: readonly string[] | null
  /** A fresh request that succeeds. */
  good(door: WalletKitDoor): Promise<GoodRequest>
}

const post = { method: 'POST', isPublic: true, success: 200 } as const

/** The thirteen endpoints of the vendor's document, and the one of its wallets that Link asks. */
export const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  'begin-registration': {
    ...post,
    path: '/users/passkey/begin-registration',
    isPublic: false,
    fields: null,
    good: async (door) => ({
      path: '/users/passkey/begin-registration',
      body: null,
      headers: bearer(await door.signInAnonymously()),
    }),
  },
  'finish-registration': {
    ...post,
    path: '/users/passkey/finish-registration',
    isPublic: false,
    success: 204,
    fields: ['id', 'rawId', 'type', 'response'],
    good: async (door) => {
      const session = await door.signInAnonymously()
      const options = readCreation(await door.beginRegistration(session))
      const attestation = createAuthenticator().create(options, ORIGIN)
      return {
        path: '/users/passkey/finish-registration',
        body: attestation as unknown as Body,
        headers: bearer(session),
      }
    },
  },
  'login-with-discoverable-passkey': {
    ...post,
    path: '/users/login-with-discoverable-passkey',
    fields: null,
    good: async () => ({ path: '/users/login-with-discoverable-passkey', body: null }),
  },
  'login-with-passkey': {
    ...post,
    path: '/users/login-with-passkey',
    fields: [],
    good: async () => ({ path: '/users/login-with-passkey', body: {} }),
  },
  'create-session-challenge': {
    ...post,
    path: '/users/create-session-challenge',
    fields: null,
    good: async () => ({ path: '/users/create-session-challenge', body: null }),
  },
  'session-challenge': {
    ...post,
    method: 'GET',
    path: '/users/session-challenge',
    fields: null,
    good: async (door) => {
      const { code } = (await door.bare('/users/create-session-challenge')).body as { code: string }
      return { path: `/users/session-challenge?code=${code}`, body: null }
    },
  },
  'login-anonymously': {
    ...post,
    path: '/users/login-anonymously',
    fields: null,
    good: async () => ({ path: '/users/login-anonymously', body: null }),
  },
  'login-with-wallet': {
    ...post,
    path: '/users/login-with-wallet',
    fields: ['sign_in_wallet'],
    good: async () => ({ path: '/users/login-with-wallet', body: { sign_in_wallet: ethereumSigner().address } }),
  },
  'login-with-email': {
    ...post,
    path: '/users/login-with-email',
    fields: ['email'],
    good: async () => ({ path: '/users/login-with-email', body: { email: newEmail() } }),
  },
  'login-with-magic-link': {
    ...post,
    path: '/users/login-with-magic-link',
    fields: ['email'],
    good: async () => ({ path: '/users/login-with-magic-link', body: { email: newEmail() } }),
  },
  'verify-login': {
    ...post,
    path: '/users/verify-login',
    fields: ['siwe_message', 'signature'],
    good: async (door) => ({ path: '/users/verify-login', body: await door.prove(ethereumSigner()) }),
  },
  'refresh-token': {
    ...post,
    path: '/users/refresh-token',
    fields: ['session_id', 'refresh_token'],
    good: async (door) => {
      const { id, refresh_token } = await door.signInAnonymously()
      return { path: '/users/refresh-token', body: { session_id: id, refresh_token } }
    },
  },
  logout: {
    ...post,
    path: '/users/logout',
    isPublic: false,
    success: 204,
    fields: null,
    good: async (door) => ({
      path: '/users/logout',
      body: null,
      headers: bearer(await door.signInAnonymously()),
    }),
  },
  wallets: {
    ...post,
    method: 'GET',
    path: '/wallets',
    isPublic: false,
    fields: null,
    good: async (door) => ({ path: '/wallets', body: null, headers: bearer(await door.signInAnonymously()) }),
  },
}

/** The request as it goes out, project included. */
export function asRequest(door: WalletKitDoor, endpoint: Endpoint, { body, headers = {} }: GoodRequest): ApiRequest {
  return {
    method: endpoint.method,
    headers: { [PROJECT_HEADER]: door.projectId, ...(body === null ? {} : JSON_TYPE), ...headers },
    body: body === null ? null : JSON.stringify(body),
  }
}

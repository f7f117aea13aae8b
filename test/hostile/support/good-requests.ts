import { newEmail, newPhoneNumber } from '../../adapters/moonkey/endpoints.ts'
import { PROJECT_HEADER } from '../../adapters/walletkit/door.ts'
import { prove } from '../../e2e/support/client.ts'
import { createAuthenticator } from '../../support/authenticator.ts'
import { ethereumSigner } from '../../support/signers.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import type { DialectName, Operation, Schema } from './operations.ts'
import type { SignIns } from './sign-ins.ts'
import type { Target } from './target.ts'
import type { WireRequest } from './wire.ts'

type Fields = Readonly<Record<string, unknown>>

/** Values that are right somewhere in a dialect, by the names of the fields and parameters that take them. */
export interface LiveValues {
  readonly fields: Readonly<Record<DialectName, Fields>>
  /** Header fields by the name of the security scheme. */
  readonly credentials: Readonly<Record<string, readonly [name: string, value: string]>>
  /** A body whose members no schema tells, by path. */
  readonly bodies: Readonly<Record<string, Fields>>
}

/** Which optional members belong together, where there is more than one way to ask. */
const WAYS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  '/users/verify-login': [
    ['siwe_message', 'signature'],
    ['user_id', 'verification_code'],
    ['session_challenge_code'],
    ['passkey_credential_assertion_response'],
  ],
  '/v1/auth/users/create': [['email', 'phone_number', 'first_name']],
  '/v1/auth/users/search': [['limit', 'filters']],
  '/v1/auth/users/{user_id}/update': [['first_name', 'metadata', 'emails']],
  '/v1/auth/sessions/verify': [['session_token'], ['session_jwt']],
  '/v1/auth/sessions/delete': [['session_token'], ['session_jwt'], ['session_id']],
  '/v1/auth/magic_links/create': [['user_id'], ['email']],
  '/users/login-with-passkey': [['email'], ['sign_in_wallet']],
}

/** Signs in everywhere and asks for one of everything. */
export async function makeLiveValues(target: Target, signIns: SignIns): Promise<LiveValues> {
  const signer = ethereumSigner()
  const moonkey = await signIns.moonkey()
  const email = newEmail()
  const phone = newPhoneNumber()
  const user = await signIns.moonkeyCall('POST', 'users/create', { email, phone_number: phone })
  const link = await signIns.moonkeyCall('POST', 'magic_links/create', { email })
  const walletkit = await signIns.walletkit()
  const { code } = await signIns.walletkitCall('/users/create-session-challenge', null)
  const authenticator = createAuthenticator()
  const bearer = `Bearer ${String(walletkit['access_token'])}`
  const creation = await (
    await fetch(`${target.origin}/users/passkey/begin-registration`, {
      method: 'POST',
      headers: { [PROJECT_HEADER]: target.projectId, authorization: bearer },
    })
  ).json()
  const { publicKey } = creation as { publicKey: Parameters<typeof authenticator.create>[0] }
  const attestation = authenticator.create(publicKey, target.appOrigin)
  const assertion = authenticator.get({ challenge: publicKey.challenge }, target.appOrigin)
  return {
    fields: {
      '4mica': { ...(await prove(target.port, newEthereumWallet())), ...(await signIns.fourmica()) },
      moonkey: {
        ...user,
        ...link,
        ...(await signIns.proveToMoonKey(signer)),
        email: newEmail(),
        phone_number: newPhoneNumber(),
        user_id: moonkey['user_id'],
        wallet_id: moonkey['id'],
        session_token: moonkey['session_token'],
        'x-streambird-session-token': moonkey['session_token'],
        session_jwt: moonkey['session_jwt'],
        session_id: (moonkey['session'] as Fields)['id'],
        app_id: target.projectId,
        login_redirect_url: target.appOrigin,
        registration_redirect_url: target.appOrigin,
        invite_redirect_url: target.appOrigin,
        wallet_type: 'ethereum',
        otp: '042137',
        method_id: user['email_id'],
      },
      walletkit: {
        ...(await signIns.proveToWalletKit(signer)),
        sign_in_wallet: signer.address,
        email: newEmail(),
        session_id: walletkit['id'],
        refresh_token: walletkit['refresh_token'],
        user_id: walletkit['user_id'],
        project_id: target.projectId,
        code,
        session_challenge_code: code,
        verification_code: '042137',
        passkey_credential_assertion_response: assertion,
        network: 'Ethereum',
      },
    },
    credentials: {
      MoonKeySecretKey: ['Authorization', `Bearer ${target.secretKey}`],
      MoonKeyPublicKey: ['Authorization', `PublicToken ${target.publicKey}`],
      WalletKitProject: [PROJECT_HEADER, target.projectId],
      WalletKitAccessToken: ['Authorization', bearer],
    },
    bodies: { '/users/passkey/finish-registration': attestation as unknown as Fields },
  }
}

/** Requests to this operation that no schema refuses, one for each way of asking. */
export function goodRequests(operation: Operation, live: LiveValues, port: number): readonly WireRequest[] {
  const { dialect, method, path, parameters, security, body } = operation
  const values = live.fields[dialect]
  const textOf = (name: string, schema: Schema) => String(values[name] ?? schema.example ?? 'x')
  const target = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = parameters.find((each) => each.in === 'path' && each.name === name)
    return encodeURIComponent(textOf(name, parameter?.schema ?? {}))
  })
  const query = parameters
    .filter((each) => each.in === 'query')
    .map(({ name, schema }) => `${name}=${encodeURIComponent(textOf(name, schema))}`)
    .join('&')
  const headers: WireRequest['headers'] = [
    ['Host', `localhost:${port}`],
    ...security.map((scheme) => {
      const credential = live.credentials[scheme]
      if (credential === undefined) throw new Error(`${scheme} is new: say in test/hostile what shows it`)
      return credential
    }),
    ...parameters
      .filter((each) => each.in === 'header')
      .map(({ name, schema }) => [name, textOf(name, schema)] as const),
    ...(body === null ? [] : ([['Content-Type', 'application/json']] as const)),
  ]
  const base = { method, target: query === '' ? target : `${target}?${query}`, headers }
  if (body === null) return [{ ...base, body: null }]
  const untyped = live.bodies[path]
  if (untyped !== undefined) return [{ ...base, body: JSON.stringify(untyped) }]
  return (WAYS[path] ?? [body.required ?? []]).map((names) => {
    const members = names.map((name) => [name, sampleOf(body.properties?.[name] ?? {}, name, values)])
    return { ...base, body: JSON.stringify(Object.fromEntries(members)) }
  })
}

/** A value that the schema takes: a live one, its example, or the least of its type. */
export function sampleOf(schema: Schema, name: string, values: Fields): unknown {
  if (values[name] !== undefined) return values[name]
  if (schema.example !== undefined) return schema.example
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.anyOf !== undefined) return sampleOf(schema.anyOf[0] ?? {}, name, values)
  const [type] = [schema.type].flat().filter((each) => each !== 'null')
  switch (type) {
    case 'integer':
    case 'number':
      return schema.minimum ?? 1
    case 'boolean':
      return true
    case 'array':
      return [sampleOf(schema.items ?? {}, '', values)]
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([member, each]) => [member, sampleOf(each, member, values)]),
      )
    default:
      return 'x'
  }
}

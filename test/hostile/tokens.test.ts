import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROJECT_HEADER } from '../adapters/walletkit/door.ts'
import { SignIns } from './support/sign-ins.ts'
import { Target } from './support/target.ts'

let target: Target
let signIns: SignIns
/** Where a token says that its key is. */
let stranger: Server
let visits = 0
beforeAll(async () => {
  target = await Target.start('memory')
  signIns = new SignIns(target)
  stranger = createServer((_, response) => {
    visits += 1
    response.end('{"keys":[]}')
  }).listen(0, '127.0.0.1')
  await once(stranger, 'listening')
})
afterAll(async () => {
  stranger.close()
  await target.stop()
})

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const [ec, rsa] = [
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
]

function signWith(key: KeyObject, input: string): string {
  const options = key.asymmetricKeyType === 'ec' ? { key, dsaEncoding: 'ieee-p1363' as const } : key
  return `${input}.${sign('sha256', Buffer.from(input), options).toString('base64url')}`
}

/** Texts made from a good token, none of which may be taken for one. @param jwk the key that signed it, as it is published */
function forgeriesOf(token: string, jwk: JsonWebKey): Readonly<Record<string, string>> {
  const [head = '', body = '', signature = ''] = token.split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
  const later = { ...claims, exp: Number(claims['exp']) + 86_400 }
  const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/jwks.json`
  const own = header['alg'] === 'ES256' ? ec : rsa
  const ownJwk = own.publicKey.export({ format: 'jwk' })
  /** Signed by a key of ours, whatever the header says. */
  const signed = (more: Readonly<Record<string, unknown>>, payload: unknown = later) =>
    signWith(own.privateKey, `${encode({ ...header, ...more })}.${encode(payload)}`)
  const published = createPublicKey({ key: jwk, format: 'jwk' })
  const keyed = (secret: string | Buffer, alg = 'HS256') => {
    const input = `${encode({ ...header, alg })}.${encode(later)}`
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }
  const rsaSignature = (alg: string) => signed({ alg })
  return {
    ...Object.fromEntries(
      ['none', 'None', 'NONE', 'nOnE', '', ' ', 'null', 'undefined'].flatMap((alg) => [
        [`alg ${alg}, no signature`, `${encode({ ...header, alg })}.${encode(later)}.`],
        [`alg ${alg}, the old signature`, `${encode({ ...header, alg })}.${body}.${signature}`],
      ]),
    ),
    'no alg': `${encode({ ...header, alg: undefined })}.${body}.${signature}`,
    'alg as a list': `${encode({ ...header, alg: [header['alg']] })}.${body}.${signature}`,
    'HS256 under the public key as PEM': keyed(published.export({ type: 'spki', format: 'pem' })),
    'HS256 under the public key as DER': keyed(published.export({ type: 'spki', format: 'der' })),
    'HS256 under the published JSON': keyed(JSON.stringify(jwk)),
    'HS256 under a part of the key': keyed(String(jwk['x'] ?? jwk['n'])),
    'HS256 under its decoded part': keyed(Buffer.from(String(jwk['x'] ?? jwk['n']), 'base64url')),
    'HS256 under nothing': keyed(''),
    'HS256 under its kid': keyed(String(header['kid'])),
    HS384: keyed('', 'HS384'),
    ...Object.fromEntries(
      ['ES256', 'ES384', 'ES256K', 'RS256', 'PS256', 'RS512', 'EdDSA'].map((alg) => [
        `${alg} by another key`,
        rsaSignature(alg),
      ]),
    ),
    'another key under our kid': signed({}),
    'another key and its kid': signed({ kid: 'x' }),
    'another key and no kid': signed({ kid: undefined }),
    'a kid that is a path': signed({ kid: '../../../../dev/null' }),
    'a kid that is a query': signed({ kid: "x' UNION SELECT 'key" }),
    'a kid with a NUL': signed({ kid: `${String(header['kid'])}\0` }),
    'a kid that is a list': signed({ kid: [header['kid']] }),
    'a kid that is an object': signed({ kid: { toString: 'x' } }),
    'a kid named __proto__': signed({ kid: '__proto__' }),
    'a kid that is a URL': signed({ kid: url }),
    'a kid of 9000 characters': signed({ kid: 'x'.repeat(9_000) }),
    'a key in the header': signed({ jwk: ownJwk }),
    'a key at a URL': signed({ jku: url }),
    'a certificate at a URL': signed({ x5u: url }),
    'a certificate in the header': signed({ x5c: ['MIIB'] }),
    'a critical extension': signed({ crit: ['exp'], exp: 1 }),
    'our signature, and a critical extension': `${encode({ ...header, crit: [] })}.${body}.${signature}`,
    'an unencoded payload': `${encode({ ...header, b64: false, crit: ['b64'] })}.${JSON.stringify(later)}.${signature}`,
    compressed: signed({ zip: 'DEF' }),
    'claims that live longer': `${head}.${encode(later)}.${signature}`,
    'claims that are a list': `${head}.${encode([claims])}.${signature}`,
    'the header with a space': `${encode(`${JSON.stringify(header)} `)}.${body}.${signature}`,
    'the header with a key twice': `${encode(`${JSON.stringify(header).slice(0, -1)},"alg":"${String(header['alg'])}"}`)}.${body}.${signature}`,
    'the header with a byte order mark': `${encode(`\ufeff${JSON.stringify(header)}`)}.${body}.${signature}`,
    'a header that is no JSON': `${encode('x')}.${body}.${signature}`,
    'a header deep as can be': `${encode(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)}.${body}.${signature}`,
    'a token in a token': signWith(own.privateKey, `${encode({ ...header, cty: 'JWT' })}.${encode(token)}`),
    'no signature': `${head}.${body}.`,
    'no dots': token.replaceAll('.', ''),
    'two parts': `${head}.${body}`,
    'four parts': `${token}.`,
    'five parts': `${head}.${body}.${signature}.${body}.${signature}`,
    'an empty part': `.${token}`,
    'a zero signature': `${head}.${body}.${Buffer.alloc(Buffer.from(signature, 'base64url').length).toString('base64url')}`,
    'a signature of ones': `${head}.${body}.${Buffer.alloc(Buffer.from(signature, 'base64url').length, 0xff).toString('base64url')}`,
    'a signature one byte longer': `${head}.${body}.${Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.of(0)]).toString('base64url')}`,
    'a signature one byte shorter': `${head}.${body}.${Buffer.from(signature, 'base64url').subarray(0, -1).toString('base64url')}`,
    'a padded signature': `${token}=`,
    'standard base64': `${head}.${body}.${Buffer.from(signature, 'base64url').toString('base64')}`,
    'another last digit': `${head}.${body}.${signature.slice(0, -1)}${String.fromCharCode(signature.charCodeAt(signature.length - 1) ^ 1)}`,
    'a line end inside': `${head}.\n${body}.${signature}`,
    'a letter of no width': `${head}.${body}\u200b.${signature}`,
    'a NUL behind': `${token}\0`,
    'in capitals': token.toUpperCase(),
    'quotes around': `"${token}"`,
    'encoded twice': encode(token),
    'percent encoded': token.replaceAll('.', '%2e'),
    'a megabyte of dots': '.'.repeat(12_000),
    'a long part': `${head}.${'A'.repeat(12_000)}.${signature}`,
  }
}

/** No header can carry these. */
const isHeaderText = (text: string) => /^[\x20-\x7e]*$/.test(text)

describe('forged tokens', () => {
  const wallets = (bearer: string) =>
    fetch(`${target.origin}/wallets`, {
      headers: { [PROJECT_HEADER]: target.projectId, authorization: `Bearer ${bearer}` },
    })
  const verify = (body: object) =>
    fetch(`${target.origin}/v1/auth/sessions/verify`, {
      method: 'POST',
      headers: { authorization: `Bearer ${target.secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const refresh = (token: string) =>
    fetch(`${target.origin}/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token: token }),
    })
  const keyOf = async (path: string) =>
    ((await (await fetch(`${target.origin}${path}`)).json()) as { keys: [JsonWebKey] }).keys[0]

  it('WalletKit: none is a bearer, and the good one goes on being one', async () => {
    const { access_token } = await signIns.walletkit()
    const token = String(access_token)
    const forgeries = forgeriesOf(token, await keyOf(`/users/jwks/${target.projectId}`))
    for (const [name, forged] of Object.entries(forgeries)) {
      if (!isHeaderText(forged)) continue
      const answer = await wallets(forged)
      expect(`${name}: ${answer.status}`).toBe(`${name}: 401`)
      expect(await answer.text()).not.toContain(forged.slice(-20))
    }
    expect((await wallets(token)).status).toBe(200)
  })

  it('MoonKey: none is a session JWT, and the good one goes on being one', async () => {
    const { session_jwt } = await signIns.moonkey()
    const token = String(session_jwt)
    const forgeries = forgeriesOf(token, await keyOf(`/v1/auth/jwks/${target.projectId}`))
    for (const [name, forged] of Object.entries(forgeries)) {
      const answer = await verify({ session_jwt: forged })
      expect([400, 404], `${name}: ${answer.status}`).toContain(answer.status)
    }
    expect((await verify({ session_jwt: token })).status).toBe(200)
  })

  it('none of one dialect is one of another, in any place that takes one', async () => {
    const [fourmica, moonkey, walletkit] = [
      await signIns.fourmica(),
      await signIns.moonkey(),
      await signIns.walletkit(),
    ]
    const tokens = {
      '4mica access': fourmica['access_token'],
      '4mica refresh': fourmica['refresh_token'],
      'MoonKey JWT': moonkey['session_jwt'],
      'MoonKey token': moonkey['session_token'],
      'WalletKit access': walletkit['access_token'],
      'WalletKit refresh': walletkit['refresh_token'],
    }
    for (const [name, value] of Object.entries(tokens)) {
      const token = String(value)
      if (name !== 'WalletKit access') expect(`${name} ${(await wallets(token)).status}`).toBe(`${name} 401`)
      if (name !== 'MoonKey JWT') expect(`${name} ${(await verify({ session_jwt: token })).status}`).toBe(`${name} 404`)
      if (name !== 'MoonKey token')
        expect(`${name} ${(await verify({ session_token: token })).status}`).toBe(`${name} 404`)
      if (name !== '4mica refresh') expect(`${name} ${(await refresh(token)).status}`).toBe(`${name} 401`)
      const asKey = await fetch(`${target.origin}/v1/auth/sessions/list?user_id=x`, {
        headers: { authorization: `Bearer ${token}` },
      })
      expect(`${name} ${asKey.status}`).toBe(`${name} 401`)
    }
  })

  it('nobody was asked for a key, nothing crashed, and no token is in the log', async () => {
    expect(visits).toBe(0)
    const lines = await target.logged()
    expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([])
    expect(JSON.stringify(lines)).not.toMatch(/eyJ[\w-]{20}/)
    expect(target.complaints).toBe('')
  })
})

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { serve } from '@hono/node-server'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../browser/running-server.ts'
import { freePort } from '../support/redis-server.ts'

/** The interpreter with PyJWT, and the Go compiler; their examples are skipped where there is none. */
const PYTHON = process.env['PYTHON'] ?? 'python3'
const GO = process.env['GO'] ?? 'go'
const START_LIMIT_MS = 60_000

interface Example {
  readonly name: string
  readonly command: readonly string[]
}

const file = (name: string) => fileURLToPath(new URL(`../../examples/back-ends/${name}`, import.meta.url))
const EXAMPLES: readonly Example[] = [
  { name: 'Hono', command: [process.execPath, '--import', 'tsx', file('hono.ts')] },
  { name: 'Express', command: [process.execPath, '--import', 'tsx', file('express.ts')] },
  { name: 'Python', command: [PYTHON, file('verify_token.py')] },
  { name: 'Go', command: [GO, 'run', file('verify_token.go')] },
]
const PROBES: Readonly<Record<string, readonly [command: string, args: readonly string[], needs: string]>> = {
  Python: [PYTHON, ['-c', 'import jwt, cryptography'], 'needs PyJWT: name a Python that has it in PYTHON'],
  Go: [GO, ['version'], 'needs Go: name it in GO'],
}

function lacks({ name }: Example): string | null {
  const probe = PROBES[name]
  if (probe === undefined) return null
  const [command, args, needs] = probe
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return null
  } catch {
    return needs
  }
}

let gateway: RunningGateway
let other: RunningGateway
beforeAll(async () => {
  ;[gateway, other] = await Promise.all([
    startGateway('memory', 'https://app.example.test'),
    startGateway('memory', 'https://app.example.test'),
  ])
}, 60_000)
afterAll(() => Promise.all([gateway.stop(), other.stop()]))

async function signIn({ origin, projectId }: RunningGateway): Promise<{ user_id: string; access_token: string }> {
  const headers = { 'x-walletkit-project-id': projectId }
  const response = await fetch(`${origin}/users/login-anonymously`, { method: 'POST', headers })
  return (await response.json()) as { user_id: string; access_token: string }
}

/** What a back end must not take for a token of its project. */
async function forge(good: string): Promise<Readonly<Record<string, string>>> {
  const [header = '', payload = '', signature = ''] = good.split('.')
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, string | number>
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const { keys } = (await (await fetch(`${gateway.origin}/users/jwks/${gateway.projectId}`)).json()) as {
    keys: readonly (JsonWebKey & { kid: string })[]
  }
  const pem = createPublicKey({ format: 'jwk', key: { ...keys.find((key) => key.kid === kid) } as JsonWebKey })
    .export({ format: 'pem', type: 'spki' })
    .toString()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    'no token': '',
    'no text of a token': 'a.b',
    'a changed payload': [header, encode({ ...claims, sub: 'somebody' }), signature].join('.'),
    'a changed signature': [header, payload, signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))].join('.'),
    'no algorithm': `${encode({ alg: 'none', kid })}.${payload}.`,
    'the public key as a secret': await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid })
      .sign(new TextEncoder().encode(pem)),
    'another key': await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey),
    'another server’s project': (await signIn(other)).access_token,
  }
}

async function expectVerifies(get: (authorization: string | null) => Promise<Response>): Promise<void> {
  const { user_id, access_token } = await signIn(gateway)
  const good = await get(`Bearer ${access_token}`)
  expect([good.status, await good.json()]).toEqual([200, { user: user_id }])
  for (const [what, token] of Object.entries(await forge(access_token))) {
    const answer = await get(`Bearer ${token}`)
    expect([what, answer.status, await answer.json()]).toEqual([what, 401, { error: 'sign in first' }])
  }
  expect((await get(null)).status).toBe(401)
  expect((await get(`Basic ${access_token}`)).status).toBe(401)
}

const asHeaders = (authorization: string | null) => (authorization === null ? {} : { authorization })

describe('back ends that verify access tokens', () => {
  for (const example of EXAMPLES) {
    const needs = lacks(example)
    it.skipIf(needs !== null)(
      `in ${example.name}${needs === null ? '' : `: skipped, ${needs}`}`,
      async () => {
        const port = await freePort()
        const [program = '', ...args] = example.command
        const env = { ...process.env, PORT: String(port), GATEWAY_URL: gateway.origin, PROJECT_ID: gateway.projectId }
        const child = spawn(program, args, { env, stdio: 'ignore', detached: true })
        try {
          const url = `http://127.0.0.1:${port}/me`
          await untilUp(child, url)
          await expectVerifies((authorization) => fetch(url, { headers: asHeaders(authorization) }))
        } finally {
          // `go run` and loaders have children of their own.
          if (child.pid !== undefined && child.exitCode === null) {
            process.kill(-child.pid, 'SIGKILL')
            await once(child, 'exit')
          }
        }
      },
      90_000,
    )
  }

  it('in a Next.js route handler', async () => {
    const settings = { GATEWAY_URL: gateway.origin, PROJECT_ID: gateway.projectId }
    const before = { ...process.env }
    Object.assign(process.env, settings)
    // As Next.js calls it: a function from a request to a response, which needs nothing of Next.js.
    const { GET } = await import('../../examples/back-ends/nextjs/app/me/route.ts')
    process.env = before
    const port = await freePort()
    const server = serve({ fetch: GET, port, hostname: '127.0.0.1' })
    try {
      await expectVerifies((authorization) =>
        fetch(`http://127.0.0.1:${port}/me`, { headers: asHeaders(authorization) }),
      )
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })
})

async function untilUp(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS
  for (;;) {
    try {
      await fetch(url)
      return
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`the example ended with code ${child.exitCode}`)
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

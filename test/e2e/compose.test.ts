import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { freePort, startRedisServer } from '../support/redis-server.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { signIn, statusOf } from './support/client.ts'
import { useProgram } from './support/fixture.ts'

const Compose = z.object({
  services: z.object({
    gateway: z.object({ environment: z.record(z.string(), z.string()), read_only: z.literal(true) }),
    redis: z.object({ command: z.tuple([z.literal('redis-server')], z.string()), ports: z.never().optional() }),
  }),
})

/** What somebody puts into `.env` who reads the head of the file and nothing else. */
const VARIABLES: Readonly<Record<string, string>> = {
  REDIS_PASSWORD: randomBytes(32).toString('hex'),
  WALLETGATE_SECRET: randomBytes(32).toString('hex'),
  AUTH_JWT_SECRET: randomBytes(32).toString('hex'),
  PROJECT_ID: `e2e-${randomUUID()}`,
  PROJECT_SECRET_KEY: `sk_live_${randomBytes(24).toString('hex')}`,
}

/** `${NAME:?message}` and `${NAME:-default}`, as compose fills them in. */
const fillIn = (text: string): string =>
  text.replace(/\$\{(\w+):([?-])([^}]*)\}/g, (_, name: string, kind: string, rest: string) => {
    const value = VARIABLES[name] ?? (kind === '-' ? rest : undefined)
    if (value === undefined) throw new Error(rest)
    return value
  })

describe('compose.yaml', () => {
  const { run } = useProgram()
  const text = readFileSync(new URL('../../compose.yaml', import.meta.url), 'utf8')
  const { gateway, redis } = Compose.parse(parse(text)).services

  it('names at its head every variable it needs', () => {
    const head = text.slice(0, text.indexOf('services:'))
    const needed = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name))
    expect([...needed].sort()).toEqual(Object.keys(VARIABLES).sort())
    for (const name of needed) expect(head).toContain(name)
  })

  it('its Redis and its gateway start with them and serve a sign-in', async () => {
    const [, ...args] = redis.command.map(fillIn)
    const server = await startRedisServer({ args: args.filter((_, index) => !isPassword(args, index)) })
    try {
      const env = Object.fromEntries(Object.entries(gateway.environment).map(([name, value]) => [name, fillIn(value)]))
      expect(env['REDIS_URL']).toBe(`redis://:${VARIABLES['REDIS_PASSWORD']}@redis:6379`)
      const program = run({ ...env, REDIS_URL: server.url, PORT: String(await freePort()) })
      const port = await program.port()
      expect(await statusOf(port, '/healthz')).toBe(200)
      await signIn(port, newEthereumWallet())
    } finally {
      await server.stop()
    }
  })

  // The helper that waits for Redis speaks without a password.
  const isPassword = (args: readonly string[], index: number) =>
    args[index] === '--requirepass' || args[index - 1] === '--requirepass'
})

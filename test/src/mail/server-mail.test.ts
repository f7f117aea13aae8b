import { describe, expect, it, onTestFinished } from 'vitest'
import { createSystemRandom } from '../../../core/random.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { createLogger } from '../../../src/logger.ts'
import { startServer } from '../../../src/server.ts'

/** A server on any free port with what this environment says, and how to ask it for a code. */
async function start(environment: Readonly<Record<string, string>> = {}) {
  const lines: string[] = []
  const settings = loadConfig(
    { PORT: '0', PROJECT_SECRET_KEY: SECRET_KEY, ...environment },
    () => '',
    createSystemRandom(),
  )
  const server = await startServer(settings, createLogger('info', { write: (line: string) => void lines.push(line) }))
  onTestFinished(() => server.stop())
  const origin = `http://localhost:${server.port}`
  const askForCode = () =>
    fetch(`${origin}/v1/auth/otps/email/login_or_create`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SECRET_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.test' }),
    })
  return { server, origin, lines, askForCode }
}

const SECRET_KEY = `sk_test_${'a'.repeat(48)}`

describe('a server that was just started', () => {
  it('shows a mailed code on its own mailbox page, until it is stopped', async () => {
    const { server, origin, askForCode } = await start()
    expect((await askForCode()).status).toBe(200)
    await expect
      .poll(async () => (await fetch(`${origin}/mailbox`)).text(), { timeout: 5_000, interval: 5 })
      .toContain('ada@example.test')
    const page = await (await fetch(`${origin}/mailbox`)).text()
    expect(page).toMatch(/\b\d{6}\b/)
    await server.stop()
    await expect(askForCode()).rejects.toThrow()
  })

  it('has no mailbox page where the world may come', async () => {
    const { origin, askForCode } = await start({ PUBLIC_URL: 'https://gate.example.com' })
    expect((await askForCode()).status).toBe(200)
    const answer = await fetch(`${origin}/mailbox`)
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  })
})

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { newEthereumWallet } from '../support/wallets.ts'
import { signIn } from './support/client.ts'
import { useProgram } from './support/fixture.ts'

describe('a first start, with nothing set but a free port', () => {
  const { run } = useProgram()

  it('prints the project, its keys and a request that works as it stands', async () => {
    const startedAt = performance.now()
    const program = run({ PORT: '0' })
    const port = await program.port()
    expect(performance.now() - startedAt).toBeLessThan(5_000)

    const { banner } = program
    expect(banner).toMatch(/^Project app_[0-9A-Za-z]{27} \(My App\)$/m)
    expect(banner).toMatch(/^ {2}PROJECT_SECRET_KEY=sk_test_[0-9A-Za-z]{48}$/m)
    expect(banner).toMatch(/^ {2}PROJECT_PUBLIC_KEY=pk_test_[0-9A-Za-z]{48}$/m)
    expect(banner).toMatch(/^ {2}AUTH_JWT_SECRET=[0-9a-f]{64}$/m)

    const commands = banner.split('\n').filter((line) => line.trim().startsWith('curl '))
    expect(commands.length).toBeGreaterThan(0)
    for (const command of commands) {
      const { stdout } = await promisify(execFile)('sh', ['-c', `${command} --fail-with-body`])
      expect(JSON.parse(stdout)).toEqual(expect.any(Object))
    }
    const nonce = await promisify(execFile)('sh', [
      '-c',
      commands.find((line) => line.includes('/auth/nonce')) ?? 'false',
    ])
    expect(JSON.parse(nonce.stdout)).toMatchObject({
      nonce: expect.stringMatching(/^\w{8,}$/),
      // PORT=0: what is derived from the port names the one in use.
      siwe: { domain: `localhost:${port}`, uri: `http://localhost:${port}` },
    })
  })

  it('logs JSON lines that hold no secret, says once that memory forgets, and loses no line', async () => {
    const program = run({ PORT: '0' })
    const port = await program.port()
    const wallet = newEthereumWallet()
    const tokens = await signIn(port, wallet)
    expect(await program.stop()).toEqual({ code: 0, signal: null })

    const secrets = [...program.banner.matchAll(/^ {2}\w+=(\S+)$/gm)].map(([, value = '']) => value)
    expect(secrets).toHaveLength(4)
    const [projectId = '', ...generated] = secrets
    const lines = program.stdout.split('\n').filter((line) => line.startsWith('{'))
    const log = lines.join('\n')
    for (const secret of [...generated, tokens.access_token, tokens.refresh_token]) expect(log).not.toContain(secret)
    expect(program.banner).toContain(`Project ${projectId} `)
    expect(program.stderr).toBe('')

    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    const answered = records.filter(({ msg }) => msg === 'answered')
    expect(answered.map(({ path, status }) => [path, status])).toEqual([
      ['/auth/nonce', 200],
      ['/auth/verify', 200],
    ])
    expect(new Set(answered.map(({ requestId }) => requestId)).size).toBe(2)
    for (const { requestId } of answered) expect(requestId).toMatch(/^[\w-]{8,64}$/)
    expect(records.at(-1)).toMatchObject({ msg: 'stopped' })
    expect(program.stdout.match(/a restart forgets/gi)).toHaveLength(1)
  })
})

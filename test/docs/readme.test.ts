import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, inject, it } from 'vitest'
import { post, readTokens, signIn } from '../e2e/support/client.ts'
import { useProgram } from '../e2e/support/fixture.ts'
import { freePort } from '../support/redis-server.ts'
import { useShell } from '../support/shell.ts'
import { newEthereumWallet } from '../support/wallets.ts'

const ROOT = new URL('../../', import.meta.url)
const README = readFileSync(new URL('README.md', ROOT), 'utf8')

describe('README.md', () => {
  const shell = useShell()
  const program = useProgram()

  it('has a reader signed in before anything else, and names files that are there', () => {
    expect(README.indexOf('npm start')).toBeLessThan(README.indexOf('## Every wallet'))
    const files = [...README.matchAll(/`((?:docs|config|dashboards|specs)\/[^`]*)`/g)].map(([, path = '']) => path)
    expect(files.length).toBeGreaterThan(8)
    expect(files.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([])
  })

  it('names commands that there are', async () => {
    const named = [...README.matchAll(/`npx walletgate ([a-z-]+)/g)].map(([, name = '']) => name)
    const { stdout } = await shell.run('walletgate --help', {})
    const commands = [...stdout.matchAll(/^ {2}([a-z-]+)(?: \[options\])? {2,}/gm)].map(([, name]) => name)
    expect(named.length).toBeGreaterThan(8)
    expect(named.filter((name) => !commands.includes(name))).toEqual([])
  })

  it('Keep what you have: a second start with the same file knows who was signed in', async () => {
    const [, make = ''] = /^## Keep what you have[\s\S]*?^```\n([\s\S]*?)^```$/m.exec(README) ?? []
    expect((await shell.run(make, {})).code).toBe(0)
    const settings = parseEnv(readFileSync(join(shell.folder, '.env'), 'utf8'))
    expect(Object.keys(settings)).toContain('REDIS_URL')
    const port = await freePort()
    const env = {
      ...settings,
      REDIS_URL: inject('redisUrl'),
      PROJECT_ID: `e2e-${port}-${process.pid}`,
      PORT: String(port),
    }
    const first = program.run(env)
    const { refresh_token } = await signIn(await first.port(), newEthereumWallet())
    await first.stop()
    const again = await program.run(env).port()
    await readTokens(await post(again, '/auth/refresh', { refresh_token }))
  })
})

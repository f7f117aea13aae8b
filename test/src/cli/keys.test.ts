import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { selectOwners } from '../../../src/cli/key-sets.ts'
import { keysCommand } from '../../../src/cli/keys.ts'
import type { ProjectSettings } from '../../../src/config/settings.ts'

const SECRET = 'the secret of the first year: 32 bytes and more'
const NEWER_SECRET = 'the secret of the second year: 32 bytes and more'

describe('walletgate keys', () => {
  let project: string
  let output: string
  beforeEach(() => {
    project = `cli-${randomUUID()}`
    output = ''
    vi.stubEnv('REDIS_URL', inject('redisUrl'))
    vi.stubEnv('WALLETGATE_SECRET', SECRET)
    vi.stubEnv('PROJECT_ID', project)
    vi.stubEnv('PROJECT_SECRET_KEY', `sk_test_${'a'.repeat(48)}`)
    vi.stubEnv('PROJECT_PUBLIC_KEY', `pk_test_${'b'.repeat(48)}`)
    vi.stubEnv('AUTH_JWT_SECRET', 'c'.repeat(32))
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text)
      return true
    })
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
    process.exitCode = undefined
  })

  async function keys(...args: string[]) {
    output = ''
    await keysCommand().parseAsync(args, { from: 'user' })
    return output
  }
  const keysJson = async (...args: string[]) => JSON.parse(await keys(...args, '--json')) as Record<string, unknown>[]

  it('says that there are no keys yet, and makes none by looking', async () => {
    for (let look = 0; look < 2; look += 1) {
      expect(await keys('list', '--dialect', 'walletkit')).toBe(
        `${project} walletkit: no keys yet; the first use makes them\n`,
      )
    }
  })

  it('makes, waits, forces and lists', async () => {
    const chosen = ['--project', project, '--dialect', 'walletkit']
    const [created] = await keysJson('rotate', ...chosen)
    expect(created).toMatchObject({ project, dialect: 'walletkit', outcome: 'created', retiring: [], usableAt: null })
    expect(process.exitCode).toBeUndefined()

    const [waiting] = await keysJson('rotate', ...chosen)
    expect(waiting).toMatchObject({ outcome: 'too_soon', current: created?.['current'], next: created?.['next'] })
    const wait = new Date(String(waiting?.['usableAt'])).getTime() - Date.now()
    expect(wait / 1000).toBeGreaterThan(590)
    expect(wait / 1000).toBeLessThanOrEqual(600)
    expect(process.exitCode).toBe(75)
    expect(await keys('rotate', ...chosen)).toMatch(
      /^cli-.* walletkit: not rotated: the next key may sign from 20\S+Z on \(--force/,
    )

    const [forced] = await keysJson('rotate', ...chosen, '--force')
    expect(forced).toMatchObject({ outcome: 'rotated', current: created?.['next'], retiring: [created?.['current']] })

    const [listed] = await keysJson('list', ...chosen)
    expect(listed?.['keys']).toMatchObject([
      { kid: forced?.['current'], state: 'current', alg: 'ES256', retiredAt: null, secret: 'newest' },
      { kid: forced?.['next'], state: 'next', secret: 'newest' },
      { kid: created?.['current'], state: 'retiring', retiredAt: expect.stringMatching(/Z$/) },
    ])
    const text = await keys('list', ...chosen)
    expect(text.split('\n').map((line) => line.trim().split(' ')[0])).toEqual([
      project,
      'current',
      'next',
      'retiring',
      '',
    ])
  })

  it('shows which keys still need an older secret, until the next rotation', async () => {
    const secretsOf = async () => {
      const [listed] = (await keysJson('list', '--dialect', 'walletkit')) as unknown as { keys: { secret: string }[] }[]
      return listed?.keys.map(({ secret }) => secret)
    }
    await keys('rotate', '--dialect', 'walletkit')
    vi.stubEnv('WALLETGATE_SECRET', `${NEWER_SECRET},${SECRET}`)
    expect(await secretsOf()).toEqual(['older', 'older'])
    expect(await keys('list', '--dialect', 'walletkit')).toContain('under an older secret')
    await keys('rotate', '--dialect', 'walletkit', '--force')
    expect(await secretsOf()).toEqual(['newest', 'newest', 'newest'])
  })

  it('retires a key that does not sign, and says of the one that does what to do first', async () => {
    const chosen = ['--project', project, '--dialect', 'walletkit']
    const [created] = await keysJson('rotate', ...chosen)
    const [first, second] = [String(created?.['current']), String(created?.['next'])]
    const refused = await keys('retire', first).catch((error: unknown) => error)
    expect(refused).toMatchObject({ name: 'CommandError', exitCode: 65 })
    expect(String(refused)).toContain(
      `that key signs: run “walletgate keys rotate --project ${project} --dialect walletkit” first, with --force`,
    )
    await keys('rotate', ...chosen, '--force')
    const [{ keys: before = [] } = {}] = (await keysJson('list', ...chosen)) as { keys?: unknown[] }[]
    expect(before).toHaveLength(3)

    // Of all sets, the one that has it.
    const retired = JSON.parse(await keys('retire', first, '--json'))
    expect(retired).toEqual({
      project,
      dialect: 'walletkit',
      retired: first,
      current: second,
      next: expect.stringMatching(/^[\w-]{43}$/),
      retiring: [],
    })
    const [{ keys: after = [] } = {}] = (await keysJson('list', ...chosen)) as { keys?: unknown[] }[]
    expect(after).toMatchObject([
      { kid: second, state: 'current' },
      { kid: retired.next, state: 'next' },
    ])
    expect(await keys('retire', retired.next, ...chosen)).toBe(
      `${project} walletkit: ${retired.next} retired; every server refuses its tokens and publishes it no more after 30 seconds at most\n`,
    )
    for (const kid of [first, retired.next, 'x'.repeat(43), '']) {
      await expect(keys('retire', kid)).rejects.toMatchObject({ name: 'CommandError', exitCode: 67 })
    }
    await expect(keys('retire', second, '--dialect', 'moonkey')).rejects.toMatchObject({ exitCode: 67 })
  })

  it('names the setting when the secret is missing, and shows none', async () => {
    await keys('rotate', '--dialect', 'walletkit')
    vi.stubEnv('WALLETGATE_SECRET', NEWER_SECRET)
    for (const command of [['list'], ['rotate', '--force']]) {
      const failure = await keys(...command, '--dialect', 'walletkit').catch((error: unknown) => error)
      expect(failure).toMatchObject({ name: 'ConfigError', faults: [{ name: 'WALLETGATE_SECRET' }] })
      expect(String(failure)).toMatch(
        /the walletkit key \S{43} of project cli-\S+ was sealed under a secret that is not among/,
      )
      expect(String(failure)).not.toContain(NEWER_SECRET)
    }
  })

  it('refuses the memory store, which lives inside the server', async () => {
    vi.stubEnv('REDIS_URL', undefined)
    await expect(keys('list')).rejects.toMatchObject({ name: 'ConfigError', faults: [{ name: 'REDIS_URL' }] })
  })

  it('refuses a dialect without key pairs', async () => {
    const errors = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    await expect(keys('list', '--dialect', 'fourmica')).rejects.toThrow()
    expect(String(errors.mock.calls[0]?.[0])).toContain('dialect must be one of: moonkey, walletkit')
  })
})

describe('selectOwners', () => {
  const project = (id: string, sections: Pick<ProjectSettings, 'moonkey' | 'walletkit'>): ProjectSettings => ({
    id,
    name: id,
    allowedOrigins: [],
    wildcardOrigins: [],
    allowLocalhost: false,
    evmRpcUrls: {},
    allowedFactories: null,
    fourmica: null,
    ...sections,
  })
  const moonkey = { appId: 'app_1', secretKeys: [], publicKeys: [] }
  const walletkit = { projectId: 'both', rpId: null, accessTtlSeconds: 43_200, refreshTtlSeconds: 2_592_000 }
  const both = project('both', { moonkey, walletkit })
  const one = project('one', { moonkey, walletkit: null })

  it('takes everything there is, unless narrowed', () => {
    const texts = (options: Parameters<typeof selectOwners>[1]) =>
      selectOwners([both, one], options).map(({ projectId, door }) => `${projectId}/${door}`)
    expect(texts({})).toEqual(['both/moonkey', 'both/walletkit', 'one/moonkey'])
    expect(texts({ project: 'both' })).toEqual(['both/moonkey', 'both/walletkit'])
    expect(texts({ dialect: 'walletkit' })).toEqual(['both/walletkit'])
  })

  it('refuses projects that are not there, and dialects that are switched off', () => {
    expect(() => selectOwners([both, one], { project: 'two' })).toThrow('--project must be one of: both, one')
    expect(() => selectOwners([both, one], { project: 'one', dialect: 'walletkit' })).toThrow('switched on')
  })
})

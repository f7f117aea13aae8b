import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ENV_NAMES } from '../../../src/config/env-names.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { projectsFileJsonSchema } from '../../../src/config/projects-file-schema.ts'
import { countingRandom, faultsOf, loadWith, WITH_REDIS } from './load-with.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const example = read('.env.example')
const uncommented = parseEnv(example.replace(/^# (?=[A-Z_]+=)/gm, ''))

describe('.env.example', () => {
  it('names every setting, and nothing else', () => {
    expect(Object.keys(uncommented).sort()).toEqual(Object.keys(ENV_NAMES).sort())
  })

  it('starts as it is, in memory', () => {
    expect(loadWith(parseEnv(example)).store.kind).toBe('memory')
  })

  it('is read by a shell as by everybody else', () => {
    const script = `set -a; ${example.replace(/^# (?=[A-Z_]+=)/gm, '')}\n env -0`
    const lines = execFileSync('sh', ['-ec', script], { env: { PATH: process.env['PATH'] }, encoding: 'utf8' }).split(
      '\0',
    )
    const read = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
    expect(read).toMatchObject(uncommented)
  })

  it('sets or leaves empty what a start with Redis needs, and nothing else', () => {
    const needed = faultsOf({ REDIS_URL: 'redis://localhost' }).faults.map(({ name }) => name)
    expect(Object.keys(parseEnv(example)).sort()).toEqual(needed.sort())
  })

  it('starts with everything set, once it has the secrets it leaves empty', () => {
    const { REDIS_CLUSTER_NODES, REDIS_SENTINELS, REDIS_SENTINEL_NAME, WALLETGATE_CONFIG, ...one } = uncommented
    const { WALLETGATE_SECRET, PROJECT_SECRET_KEY, PROJECT_PUBLIC_KEY, AUTH_JWT_SECRET } = WITH_REDIS
    const secrets = { WALLETGATE_SECRET, PROJECT_SECRET_KEY, PROJECT_PUBLIC_KEY, AUTH_JWT_SECRET }
    expect(loadWith({ ...one, ...secrets }).warnings).toEqual([])
    expect(loadWith({ ...one, ...secrets, REDIS_CLUSTER_NODES }).store).toMatchObject({
      connection: { mode: 'cluster' },
    })
    expect(loadWith({ ...one, ...secrets, REDIS_SENTINELS, REDIS_SENTINEL_NAME }).store).toMatchObject({
      connection: { mode: 'sentinel' },
    })
  })
})

describe('config/projects.example.json', () => {
  it('starts as it is, in memory, and warns of its example secrets', () => {
    const settings = loadConfig({ WALLETGATE_CONFIG: 'config/projects.example.json' }, read, countingRandom())
    expect(settings.projects.map(({ id }) => id)).toEqual(['demo', 'shop'])
    expect(settings.warnings).toContain(
      'projects[0].fourmica.jwtSecret is a well-known example: anybody can sign tokens.',
    )
    expect(settings.warnings).toContain(
      'projects[0].moonkey.secretKeys has a key that is short or a well-known example.',
    )
  })
})

describe('config/projects.schema.json', () => {
  it('is the schema of the file as it is read', () => {
    expect(JSON.parse(read('config/projects.schema.json'))).toEqual(projectsFileJsonSchema())
  })
})

import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { fourMicaProject } from '../adapters/fourmica/door.ts'
import { moonKeyProject } from '../adapters/moonkey/door.ts'
import { walletKitProject } from '../adapters/walletkit/door.ts'
import { openStoresForTests, openTestGateway, type TestGateway } from '../support/gateway.ts'

const ROOT = new URL('../../', import.meta.url)
const SPECS = new URL('specs/', ROOT)
const DOCUMENTS = readdirSync(SPECS).filter((name) => name.endsWith('.openapi.yaml'))

const read = (name: string) => readFileSync(new URL(name, SPECS), 'utf8')

/** What keeps a value of a type from being endless: one of these. */
const BOUNDS = {
  string: ['maxLength', 'enum', 'const'],
  integer: ['maximum', 'enum', 'const'],
  number: ['maximum', 'enum', 'const'],
  array: ['maxItems'],
  object: ['properties', 'maxProperties'],
} as const

/** A schema and every schema inside it, with its place. */
function partsOf(place: string, value: unknown): readonly (readonly [string, Record<string, unknown>])[] {
  if (typeof value !== 'object' || value === null) return []
  const inside = Object.entries(value).flatMap(([key, part]) => partsOf(`${place}/${key}`, part))
  return 'type' in value ? [[place, value as Record<string, unknown>], ...inside] : inside
}

/** Redocly's verdict, offline. */
function lint(file: string): Promise<{ passed: boolean; output: string }> {
  const cli = fileURLToPath(new URL('node_modules/@redocly/cli/bin/cli.js', ROOT))
  const config = fileURLToPath(new URL('redocly.yaml', ROOT))
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [cli, 'lint', file, '--config', config, '--format', 'json'],
      { env },
      (error, stdout, stderr) => resolve({ passed: error === null, output: stdout + stderr }),
    )
  })
}

describe('OpenAPI documents', () => {
  const stores = openStoresForTests('memory')
  let gateway: TestGateway
  beforeAll(async () => {
    const { moonkey } = moonKeyProject()
    const { walletkit } = walletKitProject()
    gateway = await openTestGateway({ projects: [{ ...fourMicaProject(), moonkey, walletkit }], stores })
  })
  afterAll(() => stores.close())

  it('there is one for each dialect', () => {
    expect(DOCUMENTS).toEqual(['4mica.openapi.yaml', 'moonkey.openapi.yaml', 'walletkit.openapi.yaml'])
  })

  it.each(DOCUMENTS)('%s is what the server serves, word for word (npm run spec:emit)', async (name) => {
    const answer = await gateway.app.request(`/openapi/${name.replace('.openapi.yaml', '')}.json`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    const served: unknown = await answer.json()
    expect(served).toEqual(parse(read(name)))
    expect(stringify(served, { lineWidth: 120 })).toBe(read(name))
  })

  it.each(DOCUMENTS)('%s is valid OpenAPI 3.1', async (name) => {
    expect(parse(read(name))).toMatchObject({ openapi: expect.stringMatching(/^3\.1\./) })
    const { passed, output } = await lint(fileURLToPath(new URL(name, SPECS)))
    expect(passed, output).toBe(true)
    expect(output).toContain('"errors": 0')
    expect(output).toContain('"warnings": 0')
  })

  it.each(DOCUMENTS)('%s bounds every string, number, list and map it receives', (name) => {
    const document = parse(read(name)) as { components: { schemas: Record<string, unknown> } }
    const requests = Object.entries(document.components.schemas).filter(([schema]) => schema.endsWith('Request'))
    expect(requests.length).toBeGreaterThan(0)
    const described = requests.flatMap(([schema, body]) => partsOf(schema, body))
    expect(described.length).toBeGreaterThan(requests.length)
    for (const [place, part] of described) {
      const types = [part['type']].flat()
      for (const [type, bounds] of Object.entries(BOUNDS)) {
        if (types.includes(type))
          expect(
            bounds.some((bound) => bound in part),
            `${place}: ${type}`,
          ).toBe(true)
      }
    }
  })

  it('the linter refuses a document that is broken', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'walletgate-spec-'))
    try {
      const file = join(folder, 'broken.yaml')
      writeFileSync(file, read('4mica.openapi.yaml').replace('responses:', 'answers:'))
      expect((await lint(file)).passed).toBe(false)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

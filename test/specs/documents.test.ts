import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { openDoor, openStoresForTests } from '../adapters/fourmica/door.ts'
import type { TestGateway } from '../support/gateway.ts'

const ROOT = new URL('../../', import.meta.url)
const SPECS = new URL('specs/', ROOT)
const DOCUMENTS = readdirSync(SPECS).filter((name) => name.endsWith('.openapi.yaml'))

const read = (name: string) => readFileSync(new URL(name, SPECS), 'utf8')

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
    gateway = (await openDoor(stores)).gateway
  })
  afterAll(() => stores.close())

  it('there is one for 4mica', () => {
    expect(DOCUMENTS).toContain('4mica.openapi.yaml')
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

  it.each(DOCUMENTS)('%s bounds every string and closes every object it receives', (name) => {
    const document = parse(read(name)) as {
      components: { schemas: Record<string, { properties: Record<string, object> }> }
    }
    const requests = Object.entries(document.components.schemas).filter(([schema]) => schema.endsWith('Request'))
    expect(requests.length).toBeGreaterThan(0)
    for (const [, { properties }] of requests) {
      for (const property of Object.values(properties))
        expect(property).toMatchObject({ maxLength: expect.any(Number) })
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

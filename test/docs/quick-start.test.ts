import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FirstStart, startFirst } from '../browser/first-start.ts'
import { readGuide } from '../support/guide.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

describe('docs/guides/quick-start.md', () => {
  const { blocks } = readGuide('quick-start')
  let server: FirstStart
  let folder: string
  beforeAll(async () => {
    server = await startFirst()
    // Within the checkout, where the packages are.
    folder = mkdtempSync(join(ROOT, 'node_modules/.guide-'))
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await server?.stop()
  })

  it('has no block that nobody runs', () => {
    expect(blocks.map(({ language }) => language)).toEqual(['console', 'sh', 'sh', 'sh', 'js', 'sh'])
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>
    }
    expect(blocks[0]?.text).toBe('npm ci\nnpm start\n')
    expect(scripts['start']).toContain('start')
  })

  it.each(blocks.flatMap(({ language, text }, index) => (language === 'sh' ? [[index, text] as const] : [])))(
    'command %d works as it stands',
    async (_, text) => {
      const { settings, origin } = server
      const [project] = settings.projects
      const env = { ...process.env, PROJECT_ID: project.id, PROJECT_SECRET_KEY: project.moonkey?.secretKeys[0] }
      const { stdout } = await run('sh', ['-ec', text.replaceAll('http://localhost:8787', origin)], { env })
      expect(JSON.parse(stdout)).toBeTypeOf('object')
    },
  )

  it('the program signs in and out', async () => {
    const file = join(folder, 'sign-in.mjs')
    const text = blocks.find(({ language }) => language === 'js')?.text ?? ''
    writeFileSync(
      file,
      `${text.replaceAll('http://localhost:8787', server.origin)}\nconsole.log(typeof refreshToken)\n`,
    )
    const { stdout } = await run(process.execPath, [file])
    expect(stdout).toBe('string\n')
  })
})

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeConfiguration } from '../../../src/config/describe-configuration.ts'
import { renderGuides } from '../../../src/pages/docs/guides.ts'
import { loadPageAssets } from '../../../src/pages/load-assets.ts'
import { type FirstStart, startFirst } from '../../browser/first-start.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

interface Block {
  readonly language: string
  readonly code: string
}

function blocksOf(guide: string): readonly Block[] {
  return [...read(`docs/guides/${guide}.md`).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', code = '']) => ({
      language,
      code,
    }),
  )
}

describe('the guides', () => {
  it('can all be rendered, and link to nothing that is not served', async () => {
    const { guides } = await loadPageAssets()
    const pages = renderGuides(guides)
    expect(pages.map(({ slug }) => slug).slice(0, 2)).toEqual(['quick-start', 'concepts'])
    for (const { slug, html } of pages) {
      for (const [, target = '', fragment] of html.matchAll(/href="\/docs\/([\w-]+)(?:#([^"]*))?"/g)) {
        const page = pages.find((each) => each.slug === target)
        expect([slug, target, page !== undefined]).toEqual([slug, target, true])
        if (fragment !== undefined) expect(page?.html).toContain(`id="${fragment}"`)
      }
    }
  })

  it('configuration.md is what the code reads (else: npx tsx scripts/write-configuration-guide.ts)', () => {
    expect(read('docs/guides/configuration.md')).toBe(describeConfiguration())
  })
})

describe('docs/guides/quick-start.md', () => {
  const blocks = blocksOf('quick-start')
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
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> }
    expect(blocks[0]?.code).toBe('npm ci\nnpm start\n')
    expect(scripts['start']).toContain('start')
  })

  it.each(blocks.flatMap(({ language, code }, index) => (language === 'sh' ? [[index, code] as const] : [])))(
    'command %d works as it stands',
    async (_, code) => {
      const { settings, origin } = server
      const [project] = settings.projects
      const env = { ...process.env, PROJECT_ID: project.id, PROJECT_SECRET_KEY: project.moonkey?.secretKeys[0] }
      const { stdout } = await run('sh', ['-ec', code.replaceAll('http://localhost:8787', origin)], { env })
      expect(JSON.parse(stdout)).toBeTypeOf('object')
    },
  )

  it('the program signs in and out', async () => {
    const file = join(folder, 'sign-in.mjs')
    const code = blocks.find(({ language }) => language === 'js')?.code ?? ''
    writeFileSync(
      file,
      `${code.replaceAll('http://localhost:8787', server.origin)}\nconsole.log(typeof refreshToken)\n`,
    )
    const { stdout } = await run(process.execPath, [file])
    expect(stdout).toBe('string\n')
  })
})

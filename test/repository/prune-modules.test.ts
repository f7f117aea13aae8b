import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('the image’s modules lose most of OpenTelemetry’s files, and nothing that is loaded', () => {
  const folder = mkdtempSync(join(tmpdir(), 'walletgate-prune-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const modules = join(folder, 'node_modules')
  cpSync(join(root, 'node_modules/@opentelemetry'), join(modules, '@opentelemetry'), { recursive: true })
  execFileSync(process.execPath, [join(root, 'scripts/prune-modules.mjs'), modules])

  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object }
  const names = Object.keys(dependencies).filter((name) => name.startsWith('@opentelemetry/'))
  expect(names).toContain('@opentelemetry/sdk-trace')
  const main = join(folder, 'main.mjs')
  writeFileSync(main, `for (const name of ${JSON.stringify(names)}) { await import(name); console.log(name) }`)
  expect(execFileSync(process.execPath, [main], { encoding: 'utf8' }).trim().split('\n')).toEqual(names)

  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' }).map((path) => statSync(join(modules, path)))
  const bytes = files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)
  expect(bytes).toBeLessThan(2.5e6)
})

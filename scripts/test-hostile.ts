import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/*
 * The long form of everything that attacks: every hostile request, on both stores, and every generated test at length. Takes minutes.
 * FUZZ_RUNS, FUZZ_SECONDS and FUZZ_SEED say otherwise how long, and which (test/support/fuzz-budget.ts). Arguments go to Vitest.
 */
const root = new URL('../', import.meta.url)
const generated = readdirSync(new URL('test/', root), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${name}`)
  .filter((name) => readFileSync(new URL(name, root), 'utf8').includes('support/fuzz-budget.ts'))

const { FUZZ_RUNS, FUZZ_SECONDS } = process.env
const env = { ...process.env, HOSTILE: 'long', ...(FUZZ_RUNS || FUZZ_SECONDS ? {} : { FUZZ_RUNS: '10' }) }
// A property takes as long as its budget says.
const limits = ['--testTimeout=3600000', '--hookTimeout=300000']
const vitest = [
  'node_modules/vitest/vitest.mjs',
  'run',
  'test/hostile',
  ...generated,
  ...limits,
  ...process.argv.slice(2),
]
const child = spawn(process.execPath, vitest, { cwd: root, env, stdio: 'inherit' })
child.on('exit', (code) => process.exit(code ?? 1))

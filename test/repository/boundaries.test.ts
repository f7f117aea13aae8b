import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)

/** One forbidden import per rule: where it is planted, and what it says. */
const VIOLATIONS = [
  {
    rule: 'core-stands-alone',
    file: 'core/planted.ts',
    code: "import { Hono } from 'hono'\nexport const planted = Hono\n",
  },
  {
    rule: 'core-stands-alone',
    file: 'core/tokens/planted.ts',
    code: "import { fourMicaDialect } from '../../adapters/fourmica/routes.ts'\nexport const planted = fourMicaDialect\n",
  },
  {
    rule: 'adapters-see-one-door',
    file: 'adapters/fourmica/planted.ts',
    code: "import { signJwt } from '../../core/tokens/sign-jwt.ts'\nexport const planted = signJwt\n",
  },
  {
    rule: 'adapters-see-one-door',
    file: 'adapters/planted/planted.ts',
    code: "import { fourMicaDialect } from '../fourmica/routes.ts'\nexport const planted = fourMicaDialect\n",
  },
  {
    rule: 'shared-names-no-vendor',
    file: 'adapters/shared/planted.ts',
    code: "import { fourMicaDialect } from '../fourmica/routes.ts'\nexport const planted = fourMicaDialect\n",
  },
  {
    rule: 'redis-client-in-one-room',
    file: 'src/planted.ts',
    code: "import { Redis } from 'ioredis'\nexport const planted = Redis\n",
  },
  {
    rule: 'tests-are-not-imported',
    file: 'src/planted.ts',
    code: "import { TestClock } from '../test/support/clock.ts'\nexport const planted = TestClock\n",
  },
] as const

/** What the checker says about the whole tree; empty when it has nothing to say. */
async function cruise(): Promise<string> {
  const bin = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const args = [bin, 'core', 'adapters', 'src', '--config', '.dependency-cruiser.cjs']
  try {
    return (await run(process.execPath, args, { cwd: ROOT })).stdout
  } catch (error) {
    return String((error as { stdout?: string }).stdout)
  }
}

describe('import boundaries', () => {
  const planted: string[] = []
  afterEach(() => {
    for (const path of planted.splice(0)) rmSync(path, { recursive: true })
  })

  it('hold in the tree as it is, which the checker really reads', async () => {
    expect(await cruise()).toMatch(/no dependency violations found \(([1-9]\d+) modules/)
  })

  it.each(VIOLATIONS)('$rule refuses an import planted in $file', async ({ rule, file, code }) => {
    const path = join(ROOT, file)
    const isNewFolder = file === 'adapters/planted/planted.ts'
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, code)
    planted.push(isNewFolder ? dirname(path) : path)
    expect(await cruise()).toMatch(new RegExp(`error ${rule}: ${file}`))
  })
})

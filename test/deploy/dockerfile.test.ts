import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { z } from 'zod'
import { signIn, statusOf } from '../e2e/support/client.ts'
import { replicaEnv } from '../e2e/support/fixture.ts'
import { Program } from '../e2e/support/program.ts'
import { newEthereumWallet } from '../support/wallets.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

/** The instructions of each stage, in order; what comes before the first is stage 0. */
const stages = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .split(/^(?=FROM )/m)
  .map((stage) => stage.trim().split('\n'))
const [head = [], build = [], dependencies = [], runtime = []] = stages
/** Of a `COPY` without `--from`: what it takes from the checkout. */
const copied = (stage: readonly string[]) =>
  stage.filter((line) => /^COPY (?!--)/.test(line)).flatMap((line) => line.split(/\s+/).slice(1, -1))
const argumentsOf = (instruction: string) =>
  z
    .array(z.string())
    .parse(JSON.parse(runtime.find((line) => line.startsWith(instruction))?.slice(instruction.length) ?? ''))

/** `npm run test:image` builds it and runs it; what needs no engine is here. */
describe('Dockerfile', () => {
  it('names its bases in full, with a version, and can be given others', () => {
    expect(stages).toHaveLength(4)
    expect(head.map((line) => /^ARG (?:NODE|RUNTIME)_IMAGE=[\w.-]+\.\w+\/[\w./-]+:[\w.-]+$/.test(line))).toEqual([
      true,
      true,
    ])
    expect(build[0]).toMatch(/^FROM \$\{NODE_IMAGE\} AS build$/)
    expect(dependencies[0]).toMatch(/^FROM \$\{NODE_IMAGE\} AS dependencies$/)
    expect(runtime[0]).toMatch(/^FROM \$\{RUNTIME_IMAGE\}$/)
  })

  it('runs as a number that is not root, installs without scripts, and takes no secret', () => {
    expect(runtime.filter((line) => line.startsWith('USER '))).toEqual(['USER 10001:10001'])
    expect(runtime.filter((line) => /^(?:RUN|ADD) /.test(line))).toEqual([])
    for (const line of [...build, ...dependencies])
      if (line.includes('npm ci')) expect(line).toContain('--ignore-scripts')
    expect(stages.flat().filter((line) => /^(?:ARG|ENV) .*(?:SECRET|PASSWORD|TOKEN|_KEY)/.test(line))).toEqual([])
  })

  it('takes from the checkout what .dockerignore lets through, and nothing of it is for nothing', () => {
    const [nothing, ...allowed] = read('.dockerignore').trim().split('\n')
    expect(nothing).toBe('*')
    expect(allowed.map((line) => line.slice(1)).sort()).toEqual(
      [...new Set([...copied(build), ...copied(dependencies)])].sort(),
    )
  })

  describe('as it would be put together', () => {
    const source = mkdtempSync(join(tmpdir(), 'walletgate-build-'))
    const installed = mkdtempSync(join(tmpdir(), 'walletgate-dependencies-'))
    const image = mkdtempSync(join(tmpdir(), 'walletgate-image-'))
    beforeAll(() => {
      for (const path of copied(build)) cpSync(join(ROOT, path), join(source, path), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'))
      execFileSync('npm', ['run', 'build'], { cwd: source, stdio: 'pipe' })
      renameSync(join(source, 'dist'), join(image, 'dist'))
      for (const path of copied(dependencies)) cpSync(join(ROOT, path), join(installed, path), { recursive: true })
      const pack = execFileSync('tar', ['-c', ...productionPackages()], { cwd: ROOT, maxBuffer: 256 * 1024 * 1024 })
      execFileSync('tar', ['-x'], { cwd: installed, input: pack })
      const prune = /^RUN npm ci [^&]*&& node (.+)$/.exec(dependencies.at(-1) ?? '')?.[1]
      execFileSync(process.execPath, prune?.split(' ') ?? ['no such line'], { cwd: installed, stdio: 'pipe' })
      for (const path of ['package.json', 'node_modules']) renameSync(join(installed, path), join(image, path))
    })
    afterAll(() => {
      rmSync(source, { recursive: true, force: true })
      rmSync(installed, { recursive: true, force: true })
      rmSync(image, { recursive: true, force: true })
    })

    it('builds from what it copies, and serves with production dependencies only', async () => {
      const [node, ...entry] = argumentsOf('ENTRYPOINT ')
      expect(node).toBe('/usr/local/bin/node')
      expect(runtime).toContain(`COPY --from=build ${node} ${node}`)
      expect(entry).toEqual(['--enable-source-maps', 'dist/walletgate.js'])
      const env = { ...replicaEnv(inject('redisUrl')), NODE_ENV: 'production', METRICS_PORT: '0' }
      const program = new Program(join(image, 'dist/walletgate.js'), env, argumentsOf('CMD '))
      try {
        const port = await program.port()
        await signIn(port, newEthereumWallet())
        expect(await statusOf(port, '/docs')).toBe(200)
        const [, ...check] = z
          .tuple([z.literal(node ?? ''), z.literal('dist/walletgate.js')], z.string())
          .parse(JSON.parse(/^HEALTHCHECK .*? CMD (\[.*)$/m.exec(runtime.join('\n'))?.[1] ?? ''))
        const healthcheck = new Program(join(image, check[0] ?? ''), { ...env, PORT: String(port) }, check.slice(1))
        expect(await healthcheck.ended).toEqual({ code: 0, signal: null })
      } finally {
        expect(await program.stop()).toEqual({ code: 0, signal: null })
      }
    })
  })
})

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({ dev: z.boolean().optional(), optional: z.boolean().optional(), devOptional: z.boolean().optional() }),
  ),
})

/** What `npm ci --omit=dev --omit=optional` installs. */
function productionPackages(): readonly string[] {
  return Object.entries(Lock.parse(JSON.parse(read('package-lock.json'))).packages)
    .filter(
      ([path, { dev, optional, devOptional }]) => path.startsWith('node_modules/') && !dev && !optional && !devOptional,
    )
    .map(([path]) => path)
    .filter((path, _, all) => !all.some((other) => path.startsWith(`${other}/`)))
}

import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildProgram } from '../test/support/build.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What is measured, as plain JavaScript: a loader of TypeScript would show in every start and every byte of memory. */
export interface Programs {
  /** What `npm start` runs. */
  readonly walletgate: string
  /** The path of a compiled file of `bench/servers`. */
  compiled(name: string): string
  remove(): Promise<void>
}

/** Builds Walletgate as `npm run build` does, and all it is compared with. */
export async function buildPrograms(): Promise<Programs> {
  const program = await buildProgram()
  const folder = `${ROOT}node_modules/.cache/walletgate-bench-${randomUUID()}`
  const files = readdirSync(`${ROOT}bench/servers`).filter((name) => name.endsWith('.ts'))
  await build({
    entryPoints: files.map((name) => `${ROOT}bench/servers/${name}`),
    outdir: folder,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    outExtension: { '.js': '.mjs' },
    logLevel: 'error',
  })
  return {
    walletgate: program.entry,
    compiled: (name) => `${folder}/${name}.mjs`,
    async remove() {
      await Promise.all([program.remove(), rm(folder, { recursive: true, force: true })])
    },
  }
}

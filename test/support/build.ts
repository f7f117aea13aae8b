import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Build {
  /** What `npm start` runs as `dist/walletgate.js`. */
  readonly entry: string
  remove(): Promise<void>
}

/** Builds the program as `npm run build` does, into a folder of its own: other tests, and a developer, use `dist`. */
export async function buildProgram(): Promise<Build> {
  const folder = `node_modules/.cache/walletgate-e2e-${randomUUID()}`
  await promisify(execFile)(process.execPath, ['scripts/build.mjs', folder], { cwd: ROOT })
  return {
    entry: `${ROOT}${folder}/walletgate.js`,
    remove: () => rm(`${ROOT}${folder}`, { recursive: true, force: true }),
  }
}

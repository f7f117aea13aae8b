import { spawnSync } from 'node:child_process'

export interface WantedProgram {
  /** What the tests need, for people. */
  readonly what: string
  /** Its names, the likeliest first. */
  readonly names: readonly string[]
  /** The environment variable that names it. */
  readonly variable: string
  /** The Debian package that has it. */
  readonly package: string
  /** How else to get it. */
  readonly remedy: string
}

/** A program that the tests run: the one that is named, or installed, or that apt-get brings where it may. */
export function findProgram({ what, names, variable, package: packageName, remedy }: WantedProgram): string {
  const given = process.env[variable]
  if (given !== undefined && given !== '') return given
  const installed = names.find(isRunnable)
  if (installed !== undefined) return installed
  if (process.getuid?.() === 0 && isRunnable('apt-get')) {
    process.stderr.write(`${what} is not installed: installing it with apt-get\n`)
    const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const
    // Several test workers may find it missing at once: they wait for each other.
    const wait = ['-o', 'DPkg::Lock::Timeout=300']
    spawnSync('apt-get', [...wait, 'update'], quiet)
    spawnSync('apt-get', [...wait, 'install', '-y', '--no-install-recommends', packageName], quiet)
    const brought = names.find(isRunnable)
    if (brought !== undefined) return brought
  }
  throw new Error(`The tests need ${what} and found none. ${remedy}, or name one: ${variable}=/path/to/it npm test`)
}

function isRunnable(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
}

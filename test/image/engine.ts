import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { findProgram } from '../support/find-program.ts'

/** What builds and runs images here. */
export interface Engine {
  readonly name: 'docker' | 'podman'
  /** What a command says; rejects, with what it says of it, when it fails. */
  run(...args: string[]): Promise<string>
  build(tag: string, folder: string, buildArgs: Readonly<Record<string, string>>): Promise<void>
  /** Null: it is to be had, for example from a registry. Else why not. */
  pull(image: string): Promise<string | null>
}

const PULL_LIMIT_MS = 300_000

/** Docker where its daemon answers, else podman, which apt-get brings where it may. @throws when there is neither */
export function findEngine(): Engine {
  const docker = spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0
  const program = docker ? 'docker' : findPodman()
  // Hosts with control groups of both versions mounted: Debian's crun refuses them.
  const isHybrid = !docker && !existsSync('/sys/fs/cgroup/cgroup.controllers')
  const common = isHybrid ? ['--runtime', findRunc()] : []
  const run = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(program, [...common, ...args], { maxBuffer: 64 * 1024 * 1024 })
    return stdout.trim()
  }
  return {
    name: docker ? 'docker' : 'podman',
    run,
    async build(tag, folder, buildArgs) {
      const given = Object.entries(buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
      // The OCI format knows no HEALTHCHECK. Within containers and sandboxes only a change of root is possible.
      const ways = docker ? [] : ['--format', 'docker', '--isolation', 'chroot']
      await run('build', ...ways, ...given, '--tag', tag, folder)
    },
    async pull(image) {
      try {
        await promisify(execFile)(program, ['pull', '--quiet', image], { timeout: PULL_LIMIT_MS })
        return null
      } catch (error) {
        return error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error)
      }
    },
  }
}

function findPodman(): string {
  return findProgram({
    what: 'an engine for containers',
    names: ['podman'],
    variable: 'PODMAN',
    package: 'podman',
    remedy: 'Start Docker, or install podman',
  })
}

function findRunc(): string {
  return findProgram({
    what: 'a runtime for containers that knows both versions of control groups',
    names: ['runc'],
    variable: 'RUNC',
    package: 'runc',
    remedy: 'Install runc',
  })
}

import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type Build, buildProgram } from './build.ts'

export type Env = Readonly<Record<string, string>>

export interface ShellResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Shell {
  /** Where commands run; files are put here. */
  readonly folder: string
  /** Runs these lines as an operator would, with `walletgate` on the path and nothing else in the environment. */
  run(lines: string, env: Env): Promise<ShellResult>
  write(name: string, text: string): Promise<void>
  /** A program on the path that leads to one elsewhere. */
  provide(name: string, path: string): Promise<void>
}

/** A shell with the built program, for the tests of one file. */
export function useShell(): Shell {
  let build: Build
  let folder = ''
  beforeAll(async () => {
    build = await buildProgram()
    folder = await mkdtemp(join(tmpdir(), 'walletgate-shell-'))
    await mkdir(join(folder, 'bin'))
    await provide('walletgate', build.entry, process.execPath)
  })
  afterAll(async () => {
    await build.remove()
    await rm(folder, { recursive: true, force: true })
  })
  async function provide(name: string, path: string, interpreter = ''): Promise<void> {
    const file = join(folder, 'bin', name)
    await writeFile(file, `#!/bin/sh\nexec ${interpreter} "${path}" "$@"\n`)
    await chmod(file, 0o755)
  }
  return {
    get folder() {
      return folder
    },
    provide: (name, path) => provide(name, path),
    write: (name, text) => writeFile(join(folder, name), text),
    run(lines, env) {
      const path = `${join(folder, 'bin')}:${process.env['PATH']}`
      const child = spawn('sh', ['-ec', lines], { cwd: folder, env: { PATH: path, HOME: folder, ...env } })
      child.stdin.end()
      let [stdout, stderr] = ['', '']
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text
      })
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text
      })
      return new Promise((resolve, reject) => {
        child.once('error', reject)
        child.once('close', (code) => resolve({ code, stdout, stderr }))
      })
    },
  }
}

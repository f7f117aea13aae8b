import { constants } from 'node:fs'
import { access, open, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Settings } from '../config/settings.ts'
import { type Finding, fail, ok, unknown, warn } from './finding.ts'

const OTHERS_READ = 0o004
const ROOM_BYTES = 100 * 1024 * 1024

/** Who may read the file that WALLETGATE_CONFIG names. */
export async function examineProjectsFile(path: string): Promise<Finding> {
  try {
    const { mode } = await stat(path)
    const rights = (mode & 0o777).toString(8).padStart(4, '0')
    return (mode & OTHERS_READ) === 0
      ? ok('projects.file', `mode ${rights}`)
      : warn('projects.file', `Everybody on this machine can read it (mode ${rights})`)
  } catch (error) {
    return unknown('projects.file', `It cannot be looked at (${codeOf(error)})`)
  }
}

/** Whether facts can be kept in the file of these settings. It is not made. */
export async function examineAuditLog({ audit: { log } }: Pick<Settings, 'audit'>): Promise<readonly Finding[]> {
  return log === null || log === '-' ? [] : [await examineLog(log)]
}

async function examineLog(path: string): Promise<Finding> {
  try {
    await requireWritable(path)
  } catch (error) {
    return fail('audit.log', `It cannot be written (${codeOf(error)})`)
  }
  const { bavail, bsize } = await statfs(dirname(path))
  const megabytes = Math.floor((bavail * bsize) / 1024 / 1024)
  return bavail * bsize < ROOM_BYTES
    ? warn('audit.log', `Its disk has ${megabytes} MB left`)
    : ok('audit.log', 'can be written')
}

/** Opened for appending where it is there, else its folder takes a new file. Nothing is written or made. */
async function requireWritable(path: string): Promise<void> {
  try {
    // A pipe without a reader would hold us up.
    const handle = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK)
    await handle.close()
  } catch (error) {
    if (codeOf(error) !== 'enoent') throw error
    await access(dirname(path), constants.W_OK | constants.X_OK)
  }
}

function codeOf(error: unknown): string {
  const code: unknown = Object(error).code
  return typeof code === 'string' ? code.toLowerCase() : 'failed'
}

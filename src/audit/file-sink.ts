import { close, openSync, write } from 'node:fs'
import { promisify } from 'node:util'
import { ConfigError } from '../config/config-error.ts'
import type { AuditSink } from './audit-writer.ts'

const writeBytes = promisify(write)
const closeFile = promisify(close)

/** It holds who signed in with what: for its owner alone. */
const MODE = 0o600

/**
 * Appends to a file, which several processes may share: each write is whole lines, and the system puts it at the end.
 * @throws {ConfigError} when the file cannot be opened
 */
export function openFileSink(path: string): AuditSink {
  const descriptor = open(path)
  /** A write that was cut left half a line: what follows begins a line of its own. */
  let isTorn = false
  return {
    name: 'file',
    async append(lines) {
      let bytes = Buffer.from(`${isTorn ? '\n' : ''}${lines.join('\n')}\n`)
      while (bytes.length > 0) {
        const { bytesWritten } = await writeBytes(descriptor, bytes, 0, bytes.length, null)
        bytes = bytes.subarray(bytesWritten)
        isTorn = bytes.length > 0
      }
    },
    close: () => closeFile(descriptor),
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'a', MODE)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    throw new ConfigError([
      {
        name: 'AUDIT_LOG',
        problem: `names a file that cannot be opened to append to${code}`,
        remedy: 'Check the path, and that the user of this process may write there',
      },
    ])
  }
}

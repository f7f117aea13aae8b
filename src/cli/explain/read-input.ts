import { createReadStream, statSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'

/** A request's body has at most so much, and what is asked about came in one. */
const MAX_BYTES = 64 * 1024
/** Longer than any path; a signature may be longer. */
const MAX_PATH_LENGTH = 4_096

/**
 * The text of a file, or of standard input for `-`, to the last byte: a byte order mark and a line feed at the end were signed, or not.
 *
 * @throws {InvalidArgumentError} when it cannot be read, is larger than a request may be, or is no UTF-8
 */
export async function readMessage(path: string): Promise<string> {
  const bytes = await readBounded('--message', path)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new InvalidArgumentError('--message: the file is not UTF-8, and every wallet signs UTF-8')
  }
}

/** The signature itself, or what the file of this name holds without the line end that editors add. @throws {InvalidArgumentError} */
export async function readSignature(value: string): Promise<string> {
  if (!isFile(value)) return value
  const bytes = await readBounded('--signature', value)
  return bytes.toString('utf8').replace(/\r?\n$/, '')
}

function isFile(path: string): boolean {
  try {
    return path.length <= MAX_PATH_LENGTH && !statSync(path).isDirectory()
  } catch {
    return false // No such file, or no path at all: too long a name, a zero byte.
  }
}

async function readBounded(option: string, path: string): Promise<Buffer> {
  const stream = path === '-' ? process.stdin : createReadStream(path, { end: MAX_BYTES })
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer)
      size += (chunk as Buffer).length
      if (size > MAX_BYTES) break
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new InvalidArgumentError(`${option}: the file cannot be read (${code})`)
  }
  if (size > MAX_BYTES) throw new InvalidArgumentError(`${option}: larger than 64 KiB, which no request may be`)
  return Buffer.concat(chunks)
}

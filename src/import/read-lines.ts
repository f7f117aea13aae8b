import { MAX_ROW_BYTES } from './row.ts'

const LF = 0x0a
const CR = 0x0d
const EMPTY = Buffer.alloc(0)

/** A line without its end; null: it is longer than a row may be, and was passed over. */
export interface Line {
  readonly line: number
  readonly bytes: Buffer | null
}

/** The lines of a stream with their numbers, from 1. Never more than one row and one chunk are held. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let line = 1
  let kept: Buffer[] = []
  let keptBytes = 0
  const take = (tail: Buffer): Line => {
    const isTooLong = keptBytes + tail.length > MAX_ROW_BYTES
    const bytes = isTooLong ? null : kept.length === 0 ? tail : Buffer.concat([...kept, tail])
    kept = []
    keptBytes = 0
    return { line: line++, bytes: bytes === null ? null : withoutReturn(bytes) }
  }
  for await (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let start = 0
    for (let end = buffer.indexOf(LF); end !== -1; end = buffer.indexOf(LF, start)) {
      yield take(buffer.subarray(start, end))
      start = end + 1
    }
    const rest = buffer.subarray(start)
    keptBytes += rest.length
    if (keptBytes > MAX_ROW_BYTES) kept = []
    else if (rest.length > 0) kept.push(rest)
  }
  if (keptBytes > 0) yield take(EMPTY)
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes
}

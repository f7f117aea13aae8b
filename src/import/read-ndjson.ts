import { kindOf } from '../config/values/reader.ts'
import { readLines } from './read-lines.ts'
import { MAX_ROW_BYTES, type RawRow } from './row.ts'

/** Rows of newline-delimited JSON, an object a line. Empty lines and a byte order mark are passed over. */
export async function* readNdjson(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RawRow> {
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  for await (const { line, bytes } of readLines(chunks)) {
    if (bytes === null) {
      yield refuse(line, `is longer than ${MAX_ROW_BYTES} bytes`, 'Write one user a line')
      continue
    }
    let text: string
    try {
      text = utf8.decode(bytes)
    } catch {
      yield refuse(line, `is ${bytes.length} bytes that are not UTF-8`, 'Save the file as UTF-8')
      continue
    }
    if (text.trim() === '') continue
    try {
      yield { line, value: JSON.parse(text) as unknown }
    } catch {
      // Not the parser's own words: they quote the row.
      yield refuse(line, `is ${kindOf(text)} that is not JSON`, 'Write one JSON object a line')
    }
  }
}

function refuse(line: number, problem: string, remedy: string): RawRow {
  return { line, fault: { field: null, problem, remedy } }
}

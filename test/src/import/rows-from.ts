import type { RawRow } from '../../../src/import/row.ts'

/** A text as chunks of this many bytes, as a file or a pipe would bring it. */
export async function* chunksOf(text: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

export async function collect(rows: AsyncIterable<RawRow>): Promise<readonly RawRow[]> {
  const all: RawRow[] = []
  for await (const row of rows) all.push(row)
  return all
}

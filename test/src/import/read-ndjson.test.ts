import { describe, expect, it } from 'vitest'
import { readNdjson } from '../../../src/import/read-ndjson.ts'
import { MAX_ROW_BYTES } from '../../../src/import/row.ts'
import { chunksOf, collect } from './rows-from.ts'

const read = (text: string | Uint8Array, size?: number) => collect(readNdjson(chunksOf(text, size)))
const SECRET = 'hunter2@example.com'

describe('readNdjson', () => {
  it('counts lines from 1, empty ones too, and takes both line ends, a byte order mark and a last line without an end', async () => {
    expect(await read('\ufeff{"a":1}\r\n\n  \n{"b":"ä☃"}\n[]')).toEqual([
      { line: 1, value: { a: 1 } },
      { line: 4, value: { b: 'ä☃' } },
      { line: 5, value: [] },
    ])
  })

  it('reads the same however the bytes arrive', async () => {
    const text = '{"a":"ä"}\n\n{"b":"\u{1F511}"}\r\nnull\n'
    const whole = await read(text, 1_000)
    for (let size = 1; size <= 40; size += 1) expect(await read(text, size)).toEqual(whole)
  })

  it('says what is wrong with a line without quoting it, and goes on', async () => {
    const rows = await read(
      Buffer.concat([Buffer.from(`{"email":"${SECRET}"\n`), Buffer.from([0xff, 0x0a]), Buffer.from('1\n')]),
    )
    expect(rows).toEqual([
      {
        line: 1,
        fault: expect.objectContaining({ field: null, problem: 'is text of 30 characters that is not JSON' }),
      },
      { line: 2, fault: expect.objectContaining({ problem: 'is 1 bytes that are not UTF-8' }) },
      { line: 3, value: 1 },
    ])
    expect(JSON.stringify(rows)).not.toContain('hunter2')
  })

  it('passes over a line that is too long, holding none of it', async () => {
    const long = Buffer.alloc(4 * MAX_ROW_BYTES, 'x')
    async function* chunks() {
      yield Buffer.from('{"a":1}\n')
      for (let count = 0; count < 10; count += 1) yield long
      yield Buffer.from('\n{"b":2}\n')
      yield Buffer.alloc(MAX_ROW_BYTES + 1, ' ')
    }
    expect(await collect(readNdjson(chunks()))).toEqual([
      { line: 1, value: { a: 1 } },
      { line: 2, fault: expect.objectContaining({ problem: `is longer than ${MAX_ROW_BYTES} bytes` }) },
      { line: 3, value: { b: 2 } },
      { line: 4, fault: expect.objectContaining({ problem: `is longer than ${MAX_ROW_BYTES} bytes` }) },
    ])
  })

  it('takes a line of exactly the longest length', async () => {
    const text = JSON.stringify('x'.repeat(MAX_ROW_BYTES - 2))
    expect(await read(`${text}\n`, 100_000)).toEqual([{ line: 1, value: 'x'.repeat(MAX_ROW_BYTES - 2) }])
  })
})

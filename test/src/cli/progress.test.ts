import { describe, expect, it } from 'vitest'
import { createProgress, formatProgress } from '../../../src/cli/progress.ts'

describe('progress', () => {
  const terminal = (isTTY: boolean) => {
    const written: string[] = []
    return { isTTY, written, write: (text: string) => written.push(text) }
  }

  it('shows one line on a terminal, five times a second at most, and takes it away', () => {
    const tty = terminal(true)
    let now = 1_000
    const progress = createProgress(tty, 'rows', () => now)
    for (let rows = 1; rows <= 100; rows += 1) {
      now += 10
      progress.show(rows, rows / 200)
    }
    expect(tty.written).toHaveLength(5)
    for (const text of tty.written) {
      expect(text.slice(0, 4)).toBe('\r\x1b[K')
      expect(text.slice(4)).toMatch(/^\[#* *\] [ \d]{3} % {2}\d+ rows, 100\/s, \d s left$/)
    }
    progress.clear()
    progress.clear()
    expect(tty.written.slice(5)).toEqual(['\r\x1b[K'])
  })

  it('writes nothing where nobody looks', () => {
    const pipe = terminal(false)
    const progress = createProgress(pipe, 'rows')
    progress.show(1, 0.5)
    progress.clear()
    expect(pipe.written).toEqual([])
  })

  it.each([
    [0, 0, 0, '[                        ]   0 %  0 rows, 0/s'],
    [500, 0.25, 1, '[######                  ]  25 %  500 rows, 500/s, 3 s left'],
    [10_000, 0.1, 60, '[##                      ]  10 %  10000 rows, 167/s, 9 min 0 s left'],
    [2_000, 1, 2, '[########################] 100 %  2000 rows, 1000/s'],
    [2_000, 1.5, 2, '[########################] 100 %  2000 rows, 1000/s'],
    [7, null, 2, '7 rows, 4/s'],
  ])('says %i rows at %s after %i s', (rows, share, seconds, text) => {
    expect(formatProgress(rows, share, seconds, 'rows')).toBe(text)
  })
})

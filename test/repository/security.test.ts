import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readPromiseIds, readTestTitles } from '../support/promises.ts'

const ROOT = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')
const promised = readdirSync(new URL('specs/', ROOT))
  .filter((name) => name.endsWith('.promises.md'))
  .flatMap((name) => readPromiseIds(read(`specs/${name}`)))

interface Row {
  readonly threat: string
  readonly tests: readonly string[]
}

/** The rows of the table that names a test in its last column. */
function readRows(page: string): readonly Row[] {
  const lines = page.split('\n')
  const head = lines.findIndex((line) => /^\| threat \| .* \| test \|$/.test(line))
  if (head === -1) throw new Error('no table of threats')
  const rows: Row[] = []
  for (const line of lines.slice(head + 2)) {
    if (!line.startsWith('|')) break
    const [threat = '', , tests = ''] = line.split('|').slice(1, -1)
    rows.push({ threat: threat.trim(), tests: tests.split(',').map((each) => each.trim().replaceAll('`', '')) })
  }
  return rows
}

/** The tests in a file, or in all files of a folder. */
function titlesAt(path: string): readonly string[] {
  const url = new URL(path, ROOT)
  if (!existsSync(url)) return []
  const files = statSync(url).isDirectory()
    ? readdirSync(url, { recursive: true, encoding: 'utf8' }).map((name) => `${path}/${name}`)
    : [path]
  return files.filter((name) => name.endsWith('.test.ts')).flatMap((name) => readTestTitles(name, read(name)))
}

const rows = readRows(read('SECURITY.md'))

describe('SECURITY.md', () => {
  it('has a row for each threat that somebody will ask about', () => {
    const threats = rows.map(({ threat }) => threat).join('\n')
    expect(rows.length).toBeGreaterThan(30)
    expect(new Set(rows.map(({ threat }) => threat)).size).toBe(rows.length)
    for (const asked of [
      /signature used twice/,
      /another account or project/,
      /of one dialect .* in another/,
      /for one purpose .* for another/,
      /by linking/,
      /who has an account/,
      /time an answer takes/,
      /chooses where we connect/,
      /redirect/,
      /mail header injection/,
      /log line/,
      /cache/,
      /sent by another site/,
      /framed/,
      /smuggl/,
    ]) {
      expect(threats).toMatch(asked)
    }
  })

  it.each(rows.map(({ threat, tests }) => [threat, tests] as const))('names tests that are there: %s', (_, tests) => {
    expect(tests.length).toBeGreaterThan(0)
    for (const test of tests) {
      if (/^[A-Z0-9]+-\d+$/.test(test)) expect(promised).toContain(test)
      else expect(titlesAt(test).length, test).toBeGreaterThan(0)
    }
  })
})

describe('reading the table', () => {
  it('finds rows and their tests, and no tests where there are none', () => {
    const page =
      '# x\n\n| threat | what | test |\n|---|---|---|\n| a | b | A-01, `test/x` |\n| c | d | A-02 |\n\n| e | f | g |\n'
    expect(readRows(page)).toEqual([
      { threat: 'a', tests: ['A-01', 'test/x'] },
      { threat: 'c', tests: ['A-02'] },
    ])
    expect(titlesAt('test/nothing')).toEqual([])
    expect(titlesAt('test/support')).toEqual([])
    expect(titlesAt('test/repository').length).toBeGreaterThan(3)
  })
})

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ANSWER_LIMIT_MS } from '../../src/http/limit-time.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8')
const GUIDE = read('docs/guides/faults.md')

const ROWS = [...GUIDE.matchAll(/^\| (?<fault>[^|]+) \|[^|]+\|[^|]+\| `(?<file>[^`]+)` \|$/gm)].map(
  ({ groups = {} }) => ({ fault: groups['fault'] ?? '', file: groups['file'] ?? '' }),
)

/** The titles of a file's tests, those of a table's rows included. */
function titlesOf(file: string): readonly string[] {
  const source = read(file)
  const plain = [...source.matchAll(/\bit\(\s*'([^'%]+)'/g)]
  const tabled = [...source.matchAll(/^ +\['([^']+)',.*\],$/gm)]
  return [...plain, ...tabled].map(([, title = '']) => title)
}

describe('docs/guides/faults.md', () => {
  const files = readdirSync(`${ROOT}test/faults`)
    .filter((name) => name.endsWith('.test.ts') && name !== 'checker.test.ts')
    .map((name) => `test/faults/${name}`)

  it('has a row for every fault that is tested, and a test for every row', () => {
    const tested = files.flatMap((file) => titlesOf(file).map((fault) => `${file}: ${fault}`))
    const told = ROWS.filter(({ file }) => file.startsWith('test/faults/')).map(
      ({ fault, file }) => `${file}: ${fault}`,
    )
    expect(told.sort()).toEqual([...tested].sort())
    expect(tested.length).toBeGreaterThan(20)
  })

  it('names files that are there', () => {
    expect(ROWS.map(({ file }) => file).filter((file) => !existsSync(`${ROOT}${file}`))).toEqual([])
  })

  it('states the limit that is kept', () => {
    expect(GUIDE).toContain(`An answer comes within ${ANSWER_LIMIT_MS / 1_000} seconds of the last byte`)
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readPromiseIds, readTestTitles } from '../support/promises.ts'

const SPECS = new URL('../../specs/', import.meta.url)
const TESTS = new URL('../', import.meta.url)

const pages = readdirSync(SPECS).filter((name) => name.endsWith('.promises.md'))
const promised = pages.flatMap((name) => readPromiseIds(readFileSync(new URL(name, SPECS), 'utf8')))
const titles = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .flatMap((name) => readTestTitles(name, readFileSync(new URL(name, TESTS), 'utf8')))
/** `4MICA`, and the like: what marks a title as citing a promise. */
const prefixes = new Set(promised.map((id) => id.replace(/-\d+$/, '')))
const cited = titles.flatMap((title) => {
  const id = /^([A-Z0-9]+-\d+)\b/.exec(title)?.[1]
  return id !== undefined && prefixes.has(id.replace(/-\d+$/, '')) ? [id] : []
})

describe('promises', () => {
  it('are read, and their ids are given once', () => {
    expect(pages).toContain('4mica.promises.md')
    expect(promised).toContain('4MICA-25')
    expect(promised.filter((id, index) => promised.indexOf(id) !== index)).toEqual([])
  })

  it('each has a test whose title starts with its id', () => {
    expect(promised.filter((id) => !cited.includes(id))).toEqual([])
  })

  it('no test title cites a promise that does not exist', () => {
    expect(cited.filter((id) => !promised.includes(id))).toEqual([])
  })
})

describe('reading titles', () => {
  it('finds the forms in which tests are written, and not the ones that do not run', () => {
    const source = `
      it('A-01: plain', () => {})
      test("A-02: double", () => {})
      it.each([1])('A-03: each %i', () => {})
      it.each<{ a: number }>([{ a: 1 }])(\`A-04: of \${n}\`, () => {})
      it.concurrent.each([1])('A-05', () => {})
      describe('A-06: a group', () => { it('A-07: inside', () => {}) })
      it.skip('A-08: skipped', () => {})
      it.todo('A-09: todo')
      it.skipIf(true)('A-10', () => {})
      // it('A-11: a comment', () => {})
      const text = "it('A-12: in a string', () => {})"
    `
    const ids = readTestTitles('x.ts', source).map((title) => title.slice(0, 4))
    expect(ids).toEqual(['A-01', 'A-02', 'A-03', 'A-04', 'A-05', 'A-07'])
  })

  it('finds the ids a page defines, and not the ones it mentions', () => {
    expect(readPromiseIds('- **A-01** one, see **A-02**\n- **A-03** two\ntext **A-04**\n')).toEqual(['A-01', 'A-03'])
  })
})

import { describe, expect, it } from 'vitest'
import { parseExposition } from './exposition.ts'

const HEAD = '# HELP a_total What.\n# TYPE a_total counter\n'
const HISTOGRAM = '# HELP h What.\n# TYPE h histogram\n'

describe('the reader of scrapes', () => {
  it('reads labels and values', () => {
    const read = parseExposition(`${HEAD}a_total{x="1",y="a\\"b"} 2\na_total{x="2",y=""} 3.5e1\n`)
    expect(read.value('a_total')).toBe(37)
    expect(read.value('a_total', { x: '2' })).toBe(35)
    expect(read.find('a_total', { x: '3' })).toBeUndefined()
  })

  it.each([
    ['a series twice', `${HEAD}a_total{x="1"} 1\na_total{x="1"} 1\n`],
    ['a sample without TYPE', 'a_total 1\n'],
    ['a family in two places', `${HEAD}a_total{x="1"} 1\n# HELP b What.\n# TYPE b gauge\nb 1\na_total{x="2"} 1\n`],
    ['HELP twice', `${HEAD}${HEAD}`],
    ['HELP without TYPE', '# HELP a What.\n'],
    ['an unknown type', '# HELP a What.\n# TYPE a number\na 1\n'],
    ['an open label', `${HEAD}a_total{x="1} 1\n`],
    ['a label twice', `${HEAD}a_total{x="1",x="2"} 1\n`],
    ['a value that is none', `${HEAD}a_total one\n`],
    ['a counter below nothing', `${HEAD}a_total -1\n`],
    ['a last line that does not end', `${HEAD}a_total 1`],
    ['a histogram that falls', `${HISTOGRAM}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`],
    ['a histogram that does not add up', `${HISTOGRAM}h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n`],
    ['a histogram without its sum', `${HISTOGRAM}h_bucket{le="+Inf"} 1\nh_count 1\n`],
  ])('refuses %s', (_, text) => {
    expect(() => parseExposition(text)).toThrow()
  })
})

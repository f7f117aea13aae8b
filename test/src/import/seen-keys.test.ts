import { expect, it } from 'vitest'
import { SeenKeys } from '../../../src/import/seen-keys.ts'

it('knows the first line of each of 200,000 texts, and mixes none up', () => {
  const seen = new SeenKeys()
  for (let line = 1; line <= 200_000; line += 1)
    if (seen.note(`text ${line}`, line) !== null) throw new Error(`line ${line}`)
  for (let line = 1; line <= 200_000; line += 1) {
    if (seen.note(`text ${line}`, 999_999) !== line) throw new Error(`line ${line} is forgotten`)
  }
  expect(seen.note('another', 7)).toBeNull()
  expect(seen.note('another', 8)).toBe(7)
})

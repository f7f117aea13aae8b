import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compiledFiles } from '../../../../support/evm/compile.ts'

describe('compiled contracts', () => {
  const files = compiledFiles()

  it.each(files.map(({ path, text }) => [path.split('/').at(-1), path, text] as const))(
    '%s is what solc makes of the sources (else: npx tsx scripts/compile-contracts.ts)',
    (_name, path, text) => {
      expect(readFileSync(path, 'utf8')).toBe(text)
      expect(text).toMatch(/0x[0-9a-f]{1000}/)
    },
  )

  it('is two files', () => {
    expect(files).toHaveLength(2)
  })
})

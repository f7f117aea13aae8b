import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readGuide } from '../support/guide.ts'

const root = new URL('../../', import.meta.url)

describe('docs/guides/clients.md', () => {
  const { blocks } = readGuide('clients')

  it.each(blocks.map(({ file, text }) => [file, text]))('shows %s as it is run', (file, text) =>
    expect(text).toBe(readFileSync(new URL(file, root), 'utf8')),
  )

  it('shows every example, and nothing else', () => {
    const files = readdirSync(new URL('examples', root), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(?:ts|py|go)$/.test(entry.name))
      .map((entry) => `${entry.parentPath.slice(new URL('.', root).pathname.length)}/${entry.name}`)
    expect(blocks.map(({ file }) => file).sort()).toEqual(files.sort())
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

describe('docs/guides/clients.md', () => {
  const blocks = [...read('docs/guides/clients.md').matchAll(/^```\w+ (?<path>\S+)\n(?<code>[\s\S]*?)^```$/gm)]

  it.each(blocks.map(({ groups }) => [groups?.['path'] ?? '', groups?.['code']]))(
    'shows %s as it is run',
    (path = '', code = '') => expect(code).toBe(read(path)),
  )

  it('shows every example, and nothing else', () => {
    const files = readdirSync(new URL('examples', root), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(?:ts|py|go)$/.test(entry.name))
      .map((entry) => `${entry.parentPath.slice(new URL('.', root).pathname.length)}/${entry.name}`)
    expect(blocks.map(({ groups }) => groups?.['path']).sort()).toEqual(files.sort())
    expect(read('docs/guides/clients.md').match(/^```/gm)).toHaveLength(2 * blocks.length)
  })
})

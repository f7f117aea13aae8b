import { describe, expect, it } from 'vitest'
import { readGuide } from '../support/guide.ts'
import { useShell } from '../support/shell.ts'

const NPX = 'npx() { [ "$1" = walletgate ] && shift && walletgate "$@"; }\n'
const SEPARATOR = '\u001e'

describe('docs/guides/explain.md', () => {
  const shell = useShell()
  const { blocks } = readGuide('explain')
  const textsOf = (wanted: string) => blocks.flatMap(({ language, text }) => (language === wanted ? text : []))

  it('shows what its commands print', async () => {
    const commands = textsOf('sh')
    expect(commands).toHaveLength(3)
    const { stdout } = await shell.run(NPX + commands.join("printf '\\036'\n"), {})
    expect(stdout.split(SEPARATOR)).toEqual(textsOf('text'))
  })
})

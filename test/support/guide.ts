import { readFileSync } from 'node:fs'

/** What a guide shows between fences. */
export interface Block {
  readonly language: string
  /** The file that it shows, named after the language; empty where none is. */
  readonly file: string
  readonly text: string
}

/** A guide, and what is shown and to be typed in it. */
export interface Guide {
  readonly text: string
  readonly blocks: readonly Block[]
  /** The blocks of shell commands of each section that has some, in order; parts of a section are named `section / part`. */
  readonly commands: ReadonlyMap<string, readonly string[]>
}

/** @param name of a file in `docs/guides`, without its ending */
export function readGuide(name: string): Guide {
  const source = readFileSync(new URL(`../../docs/guides/${name}.md`, import.meta.url), 'utf8')
  const blocks: Block[] = []
  const commands = new Map<string, string[]>()
  let [section, part] = ['', '']
  const parts = source.matchAll(/^(?:(##|###) (.*)|```(\w*)(?: (\S+))?\n([\s\S]*?)^```)$/gm)
  for (const [, level, title = '', language = '', file = '', text] of parts) {
    if (text === undefined) [section, part] = level === '##' ? [title, ''] : [section, ` / ${title}`]
    else {
      blocks.push({ language, file, text })
      const above = `${section}${part}`
      if (language === 'sh') commands.set(above, [...(commands.get(above) ?? []), text])
    }
  }
  return { text: source, blocks, commands }
}

import { readFileSync } from 'node:fs'

/** A guide and the shell commands in it. */
export interface Guide {
  readonly text: string
  /** The blocks of commands of each section that has some, in order; parts of a section are named `section / part`. */
  readonly commands: ReadonlyMap<string, readonly string[]>
}

/** @param name of a file in `docs/guides`, without its ending */
export function readGuide(name: string): Guide {
  const text = readFileSync(new URL(`../../docs/guides/${name}.md`, import.meta.url), 'utf8')
  const commands = new Map<string, string[]>()
  let [section, part] = ['', '']
  for (const [, level, title = '', lines] of text.matchAll(/^(?:(##|###) (.*)|```sh\n([\s\S]*?)^```)$/gm)) {
    if (lines === undefined) [section, part] = level === '##' ? [title, ''] : [section, ` / ${title}`]
    else commands.set(`${section}${part}`, [...(commands.get(`${section}${part}`) ?? []), lines])
  }
  return { text, commands }
}

/** How many blocks of any kind a guide has: those that are not commands are to be looked at too. */
export function countBlocks({ text }: Guide): number {
  return (text.match(/^```/gm)?.length ?? 0) / 2
}

import { escapeHtml } from './escape.ts'
import { type ResolveLink, renderInline } from './markdown-inline.ts'

export interface RenderedGuide {
  readonly title: string
  /** The first paragraph, without its marks. */
  readonly summary: string
  /** Everything below the title. */
  readonly html: string
  /** The second-level headings. */
  readonly sections: readonly { readonly id: string; readonly title: string }[]
}

const HEADING = /^(#{1,4}) (.+)$/
/** After the language it may say which file it is. */
const FENCE = /^```(\w*)(?: (\S+))?$/
const ITEM = /^( *)(?:[-*]|(\d+)\.) +(.*)$/
const RULE = /^---+$/

/**
 * Renders the Markdown that our guides are written in: headings, paragraphs, lists, tables, fenced code, quotes, and within lines
 * code, emphasis and links. HTML in it is text. @throws {SyntaxError} for what it does not know, so that a guide cannot come out wrong
 */
export function renderMarkdown(text: string, resolve: ResolveLink): RenderedGuide {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const first = HEADING.exec(lines[0] ?? '')
  if (first === null || first[1] !== '#') throw new SyntaxError('a guide begins with its title')
  const sections: { id: string; title: string }[] = []
  const ids = new Set<string>()
  const inline = (source: string) => renderInline(source, resolve)
  let summary = ''
  const html: string[] = []
  let at = 1

  const takeWhile = (isPart: (line: string) => boolean): string[] => {
    const taken: string[] = []
    for (let line = lines[at]; line !== undefined && isPart(line); line = lines[at]) {
      taken.push(line)
      at++
    }
    return taken
  }
  const isParagraph = (line: string) =>
    line !== '' &&
    !HEADING.test(line) &&
    !FENCE.test(line) &&
    !ITEM.test(line) &&
    !line.startsWith('|') &&
    !line.startsWith('>')

  for (let line = lines[at]; line !== undefined; line = lines[at]) {
    const heading = HEADING.exec(line)
    const fence = FENCE.exec(line)
    if (line === '') at++
    else if (RULE.test(line)) {
      html.push('<hr>')
      at++
    } else if (heading !== null) {
      const [, marks = '', title = ''] = heading
      const level = marks.length
      if (level === 1) throw new SyntaxError(`a second title: ${title}`)
      const id = newId(title, ids)
      if (level === 2) sections.push({ id, title: plain(title) })
      html.push(`<h${level} id="${id}"><a class="anchor" href="#${id}">${inline(title)}</a></h${level}>`)
      at++
    } else if (fence !== null) {
      at++
      const code = takeWhile((each) => each !== '```')
      if (lines[at] === undefined) throw new SyntaxError('code that does not end')
      at++
      html.push(
        `<pre class="code" data-language="${fence[1] ?? ''}" role="region" aria-label="${escapeHtml(fence[2] ?? 'Code')}" tabindex="0"><code>${escapeHtml(code.join('\n'))}</code></pre>`,
      )
    } else if (line.startsWith('|'))
      html.push(
        renderTable(
          takeWhile((each) => each.startsWith('|')),
          inline,
        ),
      )
    else if (line.startsWith('>')) {
      const quoted = takeWhile((each) => each.startsWith('>')).map((each) => each.replace(/^> ?/, ''))
      html.push(`<blockquote><p>${inline(quoted.join('\n'))}</p></blockquote>`)
    } else if (ITEM.test(line)) {
      html.push(
        renderList(
          takeWhile((each) => ITEM.test(each) || /^ {2,}\S/.test(each)),
          inline,
        ),
      )
    } else {
      const paragraph = takeWhile(isParagraph).join('\n')
      if (paragraph === '') throw new SyntaxError(`cannot read: ${line}`)
      if (summary === '') summary = plain(paragraph)
      html.push(`<p>${inline(paragraph)}</p>`)
    }
  }
  return { title: plain(first[2] ?? ''), summary, html: html.join('\n'), sections }
}

function renderTable(rows: readonly string[], inline: (text: string) => string): string {
  // A bar within code or after a backslash does not part cells.
  const cellsOf = (row: string) =>
    row
      .replace(/^\||\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => inline(cell.trim().replaceAll('\\|', '|')))
  const [head = '', dashes = '', ...body] = rows
  if (!/^\|[\s:|-]+\|$/.test(dashes)) throw new SyntaxError(`a table without a head: ${head}`)
  const header = cellsOf(head).map((cell) => (cell === '' ? '<td></td>' : `<th scope="col">${cell}</th>`))
  const cells = body.map(
    (row) =>
      `<tr>${cellsOf(row)
        .map((cell) => `<td>${cell}</td>`)
        .join('')}</tr>`,
  )
  return `<div class="scroll" role="region" aria-label="Table" tabindex="0"><table><thead><tr>${header.join('')}</tr></thead><tbody>${cells.join('')}</tbody></table></div>`
}

/** Lists nest by indentation. */
function renderList(lines: readonly string[], inline: (text: string) => string): string {
  interface Item {
    text: string
    readonly children: string[]
  }
  const items: Item[] = []
  const outer = ITEM.exec(lines[0] ?? '')
  const indent = outer?.[1]?.length ?? 0
  for (const line of lines) {
    const [, spaces = '', , text = ''] = ITEM.exec(line) ?? []
    const last = items.at(-1)
    if (ITEM.test(line) && spaces.length <= indent) items.push({ text, children: [] })
    else if (last === undefined) throw new SyntaxError(`cannot read: ${line}`)
    else if (ITEM.test(line) || last.children.length > 0) last.children.push(line)
    else last.text += `\n${line.trim()}`
  }
  const tag = outer?.[2] === undefined ? 'ul' : 'ol'
  const rendered = items.map(
    ({ text, children }) => `<li>${inline(text)}${children.length === 0 ? '' : renderList(children, inline)}</li>`,
  )
  return `<${tag}>${rendered.join('')}</${tag}>`
}

/** As GitHub names headings, so that links work in both places. */
function newId(title: string, taken: Set<string>): string {
  const base = plain(title)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
  let id = base
  for (let count = 1; taken.has(id); count++) id = `${base}-${count}`
  taken.add(id)
  return id
}

function plain(text: string): string {
  return text
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[`*]/g, '')
    .replaceAll('\n', ' ')
}

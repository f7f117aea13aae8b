import { escapeHtml } from './escape.ts'

/** Where a link of a guide leads on this server; null: to nothing that is served. */
export type ResolveLink = (href: string) => string | null

/** Code, links, bare addresses, strong and emphasised text, escaped characters; in this order at each place. */
const INLINE =
  /``(.+?)``|`([^`]+)`|(!?)\[([^\]]*)\]\(([^)\s]+)\)|<(https?:\/\/[^>\s]+)>|\*\*(.+?)\*\*|(?<![\w*])\*([^*\s](?:[^*]*[^*\s])?)\*|\\([\\`*_[\]<>|#-])/gs

/** The text of a paragraph, cell or heading as HTML. @throws {SyntaxError} for an image */
export function renderInline(text: string, resolve: ResolveLink): string {
  const html: string[] = []
  let end = 0
  for (const match of text.matchAll(INLINE)) {
    html.push(escapeHtml(text.slice(end, match.index)))
    end = match.index + match[0].length
    const [, code2, code, bang, label, href, address, strong, emphasis, escaped] = match
    const literal = code2 ?? code
    if (literal !== undefined) html.push(`<code>${escapeHtml(literal)}</code>`)
    else if (href !== undefined) {
      if (bang === '!') throw new SyntaxError(`an image: ${href}`)
      html.push(renderLink(renderInline(label ?? '', resolve), href, resolve))
    } else if (address !== undefined) html.push(renderLink(escapeHtml(address), address, resolve))
    else if (strong !== undefined) html.push(`<strong>${renderInline(strong, resolve)}</strong>`)
    else if (emphasis !== undefined) html.push(`<em>${renderInline(emphasis, resolve)}</em>`)
    else html.push(escapeHtml(escaped ?? ''))
  }
  html.push(escapeHtml(text.slice(end)))
  return html.join('')
}

function renderLink(label: string, href: string, resolve: ResolveLink): string {
  const target = resolve(href)
  if (target === null) return label
  const isForeign = /^https?:/.test(target)
  return `<a href="${escapeHtml(target)}"${isForeign ? ' rel="noopener noreferrer"' : ''}>${label}</a>`
}

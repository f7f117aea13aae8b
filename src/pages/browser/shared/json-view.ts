import { h } from './dom.ts'

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Longer texts, which are tokens and keys, are cut in the middle. */
const MAX_SHOWN = 180

/** JSON over several lines, with keys, texts and other values told apart. */
export function viewJson(value: unknown): HTMLPreElement {
  return h('pre', { class: 'json' }, ...colour(JSON.stringify(value, shorten, 2) ?? ''))
}

function shorten(key: string, value: unknown): unknown {
  // Messages have lines, and are worth reading whole.
  const isOpaque = typeof value === 'string' && value.length > MAX_SHOWN && !/\s/.test(value)
  return key !== '' && isOpaque ? `${value.slice(0, 60)}… (${value.length} characters) …${value.slice(-12)}` : value
}

function colour(text: string): (Node | string)[] {
  const parts: (Node | string)[] = []
  let end = 0
  for (const match of text.matchAll(TOKENS)) {
    const [all, quoted, colon] = match
    parts.push(text.slice(end, match.index))
    if (quoted === undefined) parts.push(h('span', { class: 'value' }, all))
    else parts.push(h('span', { class: colon === undefined ? 'text' : 'key' }, quoted), colon ?? '')
    end = match.index + all.length
  }
  parts.push(text.slice(end))
  return parts
}

import { copyButton, h } from './dom.ts'
import { type Call, type Exchange, formatCurl } from './exchange.ts'
import { viewJson } from './json-view.ts'

/** Headers of an answer that say something about it; the rest is the same for all. */
const WORTH_SHOWING: ReadonlySet<string> = new Set([
  'content-type',
  'cache-control',
  'retry-after',
  'www-authenticate',
  'allow',
  'x-request-id',
])

/** A request and its answer side by side, and the request as a command. @param mask puts something else in a secret's place */
export function viewExchange(exchange: Exchange, mask: (text: string) => string): HTMLElement {
  const { call, status, text, json, milliseconds } = exchange
  const isGood = status < 400
  const headers = exchange.headers.filter(([name]) => WORTH_SHOWING.has(name))
  const answer =
    text === '' ? h('p', { class: 'quiet' }, 'No body.') : json === undefined ? h('pre', {}, text) : viewJson(json)
  return h(
    'div',
    { class: 'exchange' },
    h('div', { class: 'side' }, h('h4', {}, 'Request'), ...viewCall(call, mask)),
    h(
      'div',
      { class: 'side' },
      h(
        'h4',
        {},
        'Answer',
        text === ''
          ? null
          : copyButton(
              'Copy',
              () => text,
              () => answer,
            ),
      ),
      h(
        'p',
        { class: 'line' },
        h('span', { class: isGood ? 'status good' : 'status bad' }, String(status)),
        ` in ${milliseconds} ms`,
      ),
      viewHeaders(headers),
      answer,
    ),
    viewCurl(call, mask),
  )
}

function viewCall({ method, path, headers, body }: Call, mask: (text: string) => string): HTMLElement[] {
  return [
    h('p', { class: 'line' }, h('span', { class: 'method' }, method), ' ', h('code', {}, mask(path))),
    viewHeaders(headers.map(([name, value]) => [name, mask(value)] as const)),
    body === null ? h('p', { class: 'quiet' }, 'No body.') : viewJson(JSON.parse(body)),
  ]
}

function viewHeaders(headers: Exchange['headers']): HTMLElement {
  const lines = headers.flatMap(([name, value]) => [h('span', { class: 'key' }, `${name}: `), `${value}\n`])
  return h('pre', { class: 'headers' }, ...lines)
}

function viewCurl(call: Call, mask: (text: string) => string): HTMLElement {
  const command = mask(formatCurl(call, location.origin))
  const shown = h('pre', {}, command)
  return h(
    'details',
    { class: 'curl' },
    h('summary', {}, 'The same with curl'),
    h(
      'div',
      {},
      shown,
      copyButton(
        'Copy',
        () => command,
        () => shown,
      ),
    ),
  )
}

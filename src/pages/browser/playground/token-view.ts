import { h } from '../shared/dom.ts'
import { viewJson } from '../shared/json-view.ts'
import { decodeToken, type SignatureCheck } from './token.ts'

/** Claims that are times (RFC 7519 §4.1). */
const TIMES: readonly (readonly [claim: string, name: string])[] = [
  ['iat', 'Issued'],
  ['exp', 'Expires'],
]

/** A token taken apart, what came of checking its signature, and its times in words. */
export function viewToken(token: string, check: SignatureCheck, keySetPath: string | null): HTMLElement {
  const { header, claims } = decodeToken(token)
  return h(
    'details',
    { class: 'token', open: true },
    h('summary', {}, 'The token, decoded'),
    h(
      'div',
      {},
      h('p', { class: 'check' }, ...describe(check, keySetPath)),
      h(
        'div',
        { class: 'exchange' },
        h('div', { class: 'side' }, h('h4', {}, 'Header'), viewJson(header)),
        h('div', { class: 'side' }, h('h4', {}, 'Claims'), viewJson(claims)),
      ),
      h('dl', { class: 'facts' }, ...viewTimes(claims)),
    ),
  )
}

function describe(check: SignatureCheck, keySetPath: string | null): (Node | string)[] {
  switch (check.outcome) {
    case 'good':
      return [
        h('span', { class: 'status good' }, 'Signature good'),
        ' Checked in this page with key ',
        h('code', {}, check.kid),
        ' of ',
        h('code', {}, keySetPath ?? ''),
        '.',
      ]
    case 'bad':
      return [h('span', { class: 'status bad' }, 'Signature bad'), ` ${check.reason}.`]
    case 'not checked':
      return [h('span', { class: 'status' }, 'Signature not checked'), ` ${check.reason}.`]
  }
}

function viewTimes(claims: Readonly<Record<string, unknown>>): HTMLElement[] {
  return TIMES.flatMap(([claim, name]) => {
    const value = claims[claim]
    if (typeof value !== 'number') return []
    return [h('dt', {}, name), h('dd', {}, new Date(value * 1000).toLocaleString())]
  })
}

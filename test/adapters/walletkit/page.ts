import type { Requestable } from '../../support/api-client.ts'
import { TEST_PUBLIC_URL } from '../../support/gateway.ts'

/** A page, as somebody without scripts sees it. */
export interface PageAnswer {
  readonly status: number
  readonly headers: Headers
  readonly html: string
  /** What is written on it, entities read. */
  readonly text: string
  /** Null where there is nothing to press. */
  readonly form: PageForm | null
}

export interface PageForm {
  readonly method: string
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
}

/** Somebody with a browser, and without scripts. Every page is held against what all pages obey (WK-54). */
export class PageVisitor {
  readonly #app: Requestable

  constructor(app: Requestable) {
    this.#app = app
  }

  async visit(link: URL | string, init: { method?: string; headers?: Readonly<Record<string, string>> } = {}) {
    const url = new URL(link, TEST_PUBLIC_URL)
    const headers = {
      accept: 'text/html',
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      ...init.headers,
    }
    const { method = 'GET' } = init
    return readPage(await this.#app.request(`${url.pathname}${url.search}`, { method, headers }), method)
  }

  /** Presses the button of a page that was got from this link. `headers` replace what a browser says of itself. */
  async press(link: URL, page: PageAnswer, headers: Readonly<Record<string, string>> = OWN_PAGE) {
    const { form } = page
    if (form === null) throw new Error(`nothing to press: ${page.text}`)
    if (form.method !== 'post') throw new Error(`a form that is sent by ${form.method}`)
    const { pathname, search } = new URL(form.action, new URL(link.pathname + link.search, TEST_PUBLIC_URL))
    return this.send(`${pathname}${search}`, new URLSearchParams(form.fields).toString(), headers)
  }

  async send(path: string, body: string, headers: Readonly<Record<string, string>> = OWN_PAGE) {
    const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers }
    return readPage(await this.#app.request(path, { method: 'POST', headers: form, body }), 'POST')
  }

  async confirm(link: URL): Promise<PageAnswer> {
    return this.press(link, await this.visit(link))
  }
}

/** What a browser says when a page of ours sends its form. */
export const OWN_PAGE = { origin: TEST_PUBLIC_URL, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' }

async function readPage(response: Response, method: string): Promise<PageAnswer> {
  const { status, headers } = response
  const html = await response.text()
  const complain = (what: string): never => {
    throw new Error(`a page with status ${status} ${what}: ${html.slice(0, 300)}`)
  }
  if (status >= 300 && status < 400) complain('redirects')
  if (headers.get('location') !== null || headers.get('refresh') !== null) complain('leads elsewhere')
  if (headers.get('set-cookie') !== null) complain('sets a cookie')
  if (headers.get('cache-control') !== 'no-store') complain('may be stored')
  if (!/^[\w-]{8,64}$/.test(headers.get('x-request-id') ?? '')) complain('has no request id')
  if (!/^text\/html;\s*charset=utf-8$/i.test(headers.get('content-type') ?? '')) complain('is no HTML')
  const policy = headers.get('content-security-policy') ?? ''
  if (!/default-src 'none'/.test(policy)) complain('may load anything')
  if (/script-src(?! 'none')|unsafe-inline|unsafe-eval|\*/.test(policy)) complain(`is lax: ${policy}`)
  if (!/frame-ancestors 'none'/.test(policy)) complain('may be framed')
  if (!/form-action 'self'/.test(policy)) complain('may send its form anywhere')
  if (!/base-uri 'none'/.test(policy)) complain('may have another base')
  if (headers.get('referrer-policy') !== 'no-referrer') complain('tells others its address')
  if (headers.get('x-content-type-options') !== 'nosniff') complain('may be taken for something else')
  if (method === 'HEAD') return { status, headers, html, text: '', form: null }
  if (/<script|\son\w+\s*=|javascript:/i.test(html)) complain('has a script')
  if (/(?:src|srcset|poster)\s*=|<link(?![^>]*href="data:,")|@import|url\(/i.test(html)) complain('fetches something')
  if (/http-equiv/i.test(html)) complain('overrides a header')
  const forms = [...html.matchAll(/<form\b[^>]*>[\s\S]*?<\/form>/gi)].map(([form]) => form)
  if (forms.length > 1) complain('has two forms')
  const [form] = forms
  return { status, headers, html, text: textOf(html), form: form === undefined ? null : readForm(form, complain) }
}

function readForm(form: string, complain: (what: string) => never): PageForm {
  const opening = /<form\b[^>]*>/i.exec(form)?.[0] ?? ''
  if ([...form.matchAll(/<button\b/gi)].length !== 1) complain('has not exactly one button')
  const fields: Record<string, string> = {}
  for (const [input] of form.matchAll(/<input\b[^>]*>/gi)) {
    const name = attributeOf(input, 'name')
    if (name !== null) fields[name] = attributeOf(input, 'value') ?? ''
  }
  return {
    method: (attributeOf(opening, 'method') ?? 'get').toLowerCase(),
    action: attributeOf(opening, 'action') ?? '',
    fields,
  }
}

function attributeOf(tag: string, name: string): string | null {
  const value = new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag)?.[1]
  return value === undefined ? null : readEntities(value)
}

function textOf(html: string): string {
  const body = /<body\b[^>]*>([\s\S]*)<\/body>/i.exec(html)?.[1] ?? html
  return readEntities(body.replaceAll(/<style[\s\S]*?<\/style>/gi, ' ').replaceAll(/<[^>]*>/g, ' '))
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function readEntities(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll('&amp;', '&')
}

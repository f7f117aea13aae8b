import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { PROJECT_HEADER } from '../../adapters/walletkit/door.ts'
import { sampleOf } from './good-requests.ts'
import { CANARY, HOSTILE_VALUES } from './hostile-values.ts'
import type { Operation, Schema } from './operations.ts'
import type { WireRequest } from './wire.ts'

/** A request that is good but for one thing. */
export interface Mutant {
  /** The one thing. */
  readonly name: string
  readonly request: WireRequest
}

const LIMIT = 64 * 1024
const HOLE = '@@hole@@'
const bytesOf = (body: WireRequest['body']) => Buffer.from((body ?? '') as string)

/** Everything that we know to do to a request of this operation. */
export function mutantsOf(operation: Pick<Operation, 'path' | 'body'>, good: WireRequest): readonly Mutant[] {
  return [
    ...(operation.body === null ? [] : fieldMutants(operation.body, good)),
    ...bodyMutants(good),
    ...contentMutants(good),
    ...headerMutants(good),
    ...targetMutants(operation, good),
    ...methodMutants(good),
  ]
}

// Fields

/** Every member of the body, at every depth, replaced by every hostile value; left out; given twice; beside strange ones. */
function fieldMutants(schema: Schema, good: WireRequest): readonly Mutant[] {
  const body = JSON.parse(bytesOf(good.body).toString()) as Readonly<Record<string, unknown>>
  const withBody = (name: string, bytes: string | Uint8Array): Mutant => ({ name, request: { ...good, body: bytes } })
  const replaced = placesIn(schema, body).flatMap(({ place, withHole }) => {
    const [before = '', after = ''] = JSON.stringify(withHole).split(`"${HOLE}"`)
    return Object.entries(HOSTILE_VALUES).map(([name, value]) => ({
      name: `${place} = ${name}`,
      // Made when it is sent: a short run sends few of them, and all together are megabytes.
      get request() {
        return { ...good, body: Buffer.concat([bytesOf(before), bytesOf(value), bytesOf(after)]) }
      },
    }))
  })
  const text = JSON.stringify(body)
  const own = Object.keys(body).flatMap((name) => {
    const { [name]: value, ...rest } = body
    const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`
    return [
      withBody(`no ${name}`, JSON.stringify(rest)),
      withBody(`${name} twice, bad first`, `{${JSON.stringify(name)}:7,${text.slice(1)}`),
      withBody(`${name} twice, bad last`, `${text.slice(0, -1)},${JSON.stringify(name)}:{}}`),
      withBody(`${name} in capitals`, JSON.stringify({ ...rest, [name.toUpperCase()]: value })),
      withBody(
        `${name} behind __proto__`,
        `{"__proto__":{${member}}${JSON.stringify(rest) === '{}' ? '' : ','}${JSON.stringify(rest).slice(1)}`,
      ),
      withBody(`${name} with a space at its end`, JSON.stringify({ ...rest, [name]: `${String(value)} ` })),
      withBody(`${name} with a NUL at its end`, JSON.stringify({ ...rest, [name]: `${String(value)}\0` })),
      withBody(`${name} as a list of itself`, JSON.stringify({ ...rest, [name]: [value, value] })),
      withBody(`${name} in an object`, JSON.stringify({ ...rest, [name]: { [name]: value } })),
    ]
  })
  const beside = (members: Readonly<Record<string, unknown>>) => JSON.stringify({ ...body, ...members })
  return [
    ...replaced,
    ...own,
    withBody('4000 members more', beside(Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`f${i}`, i])))),
    withBody('members with strange names', beside({ '': 1, '\0': 1, '\ud800': 1, [CANARY]: CANARY, '__proto__ ': 1 })),
    withBody(
      'a member named __proto__',
      `{"__proto__":{"isAdmin":true,"user_id":"${CANARY}"},"x":0${text === '{}' ? '}' : `,${text.slice(1)}`}`,
    ),
    withBody('a name of 20 000 characters', beside({ [CANARY.repeat(1_500)]: 1 })),
    withBody(
      'whose is it',
      beside({ project_id: CANARY, user_id: CANARY, role: 'admin', scopes: ['*'], verified: true }),
    ),
  ]
}

/** Every place of a body that a schema knows, with the body in which it is a hole. */
function placesIn(
  schema: Schema,
  body: unknown,
  place = '',
  depth = 0,
): readonly { place: string; withHole: unknown }[] {
  const inside = (name: string, part: Schema, value: unknown, put: (value: unknown) => unknown) => [
    { place: name, withHole: put(HOLE) },
    ...(depth > 3
      ? []
      : placesIn(part, value, name, depth + 1).map((each) => ({ ...each, withHole: put(each.withHole) }))),
  ]
  if (schema.properties !== undefined || isRecord(body)) {
    const members = isRecord(body) ? body : {}
    const names = new Set([...Object.keys(schema.properties ?? {}), ...Object.keys(members)])
    return [...names].flatMap((name) => {
      const part = schema.properties?.[name] ?? {}
      const value = members[name] ?? sampleOf(part, name, {})
      return inside(`${place}.${name}`, part, value, (put) => ({ ...members, [name]: put }))
    })
  }
  if (schema.items === undefined) return []
  const items: readonly unknown[] = Array.isArray(body) ? body : []
  return inside(`${place}[]`, schema.items, items[0] ?? sampleOf(schema.items, '', {}), (put) => [
    put,
    ...items.slice(1),
  ])
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// Whole bodies

function bodyMutants(good: WireRequest): readonly Mutant[] {
  const given = bytesOf(good.body).toString()
  const text = given === '' ? '{}' : given
  const padded = (bytes: number) => {
    const room = bytes - Buffer.byteLength(text) - (text === '{}' ? 8 : 9)
    return `${text.slice(0, -1)}${text === '{}' ? '' : ','}"pad":"${'x'.repeat(room)}"}`
  }
  const bodies: Readonly<Record<string, string | Uint8Array>> = {
    ...Object.fromEntries(Object.entries(HOSTILE_VALUES).map(([name, value]) => [`the body is ${name}`, value])),
    'an empty body': '',
    'a byte order mark before the body': `\ufeff${text}`,
    'a body in UTF-16 (little endian)': Buffer.from(`\ufeff${text}`, 'utf16le'),
    'a body in UTF-16 (big endian)': Buffer.from(text, 'utf16le').swap16(),
    'a body in UTF-32': Buffer.concat([...text].map((each) => Buffer.from([0, 0, 0, each.charCodeAt(0) & 0xff]))),
    'a body in UTF-7': `+AHs-${CANARY}+AH0-`,
    'a body with a NUL behind': `${text}\0`,
    'a body with text behind': `${text}${CANARY}`,
    'a body in a list': `[${text}]`,
    'a body in a text': JSON.stringify(text),
    'a body twice': text + text,
    'half a body': text.slice(0, text.length / 2),
    'the last byte missing': text.slice(0, -1),
    'one byte less than 64 KiB': padded(LIMIT - 1),
    '64 KiB': padded(LIMIT),
    'one byte more than 64 KiB': padded(LIMIT + 1),
    'a quarter of a megabyte': padded(4 * LIMIT),
    '64 KiB of opened lists': '['.repeat(LIMIT),
    '64 KiB of opened objects': '{"":'.repeat(LIMIT / 4),
    '64 KiB of closed lists': ']'.repeat(LIMIT),
    '64 KiB of white space': ' '.repeat(LIMIT),
    '64 KiB of quotes': '"'.repeat(LIMIT),
    '64 KiB of backslashes': `"${'\\'.repeat(LIMIT - 2)}"`,
    '64 KiB of digits': '9'.repeat(LIMIT),
    '64 KiB of NUL': Buffer.alloc(LIMIT),
    '64 KiB of 0xff': Buffer.alloc(LIMIT, 0xff),
    'a form': `token=${CANARY}&a[]=b&a[b]=c`,
    XML: `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;${CANARY}</x>`,
    YAML: `!!js/function ${CANARY}`,
    'JSON lines': `${text}\n${text}\n`,
  }
  return Object.entries(bodies).map(([name, body]) => ({ name, request: { ...good, body } }))
}

// Content types and codings

const CONTENT_TYPES = [
  '',
  ' ',
  ',',
  ';',
  '/',
  'application',
  'application/',
  'application/jsonx',
  'application/json,text/html',
  'application/json; charset=utf-16',
  'application/json; charset=utf-7',
  'application/json; charset=shift_jis',
  'application/json; charset="',
  `application/json; ${'a=b; '.repeat(500)}`,
  'APPLICATION/JSON',
  'application/vnd.api+json',
  'application/csp-report',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  `multipart/form-data; boundary=${'x'.repeat(5_000)}`,
  'text/plain',
  'text/html',
  'text/xml',
  'application/octet-stream',
  'application/cbor',
  'application/x-ndjson',
  '__proto__',
  `application/${CANARY}`,
]

function contentMutants(good: WireRequest): readonly Mutant[] {
  const withType = (type: string | null, body = good.body ?? '{}'): WireRequest => ({
    ...good,
    headers: [...without(good, 'content-type'), ...(type === null ? [] : ([['Content-Type', type]] as const))],
    body,
  })
  const plain = bytesOf(good.body ?? '{}')
  const multipart = `--x\r\nContent-Disposition: form-data; name="a"; filename="../../x"\r\n\r\n${CANARY}\r\n--x--\r\n`
  const coded = (coding: string, body: Uint8Array, name = coding): Mutant => ({
    name: `Content-Encoding: ${name}`,
    request: withHeaders({ ...good, body }, ['Content-Encoding', coding]),
  })
  const bomb = Buffer.alloc(32 * 1024 * 1024, 0x20)
  return [
    { name: 'no content type', request: withType(null) },
    ...CONTENT_TYPES.map((type) => ({ name: `Content-Type: ${type.slice(0, 60)}`, request: withType(type) })),
    { name: 'two content types', request: withHeaders(withType('application/json'), ['Content-Type', 'text/plain']) },
    { name: 'a multipart body', request: withType('multipart/form-data; boundary=x', multipart) },
    {
      name: 'a multipart body without an end',
      request: withType('multipart/form-data; boundary=x', multipart.slice(0, 90)),
    },
    coded('gzip', gzipSync(plain)),
    coded('br', brotliCompressSync(plain)),
    coded('deflate', deflateSync(plain)),
    ...bombs(bomb).map(([coding, body]) => coded(coding, body, `${coding}, a bomb`)),
    coded('identity', plain),
    coded('gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(plain)))),
    coded(CANARY, plain, 'unknown'),
    coded('gzip', plain, 'gzip, but it is not'),
  ]
}

let compressed: readonly (readonly [string, Uint8Array])[] | undefined

/** Small bodies that would be 32 MB. Packed once. */
function bombs(bomb: Uint8Array): readonly (readonly [string, Uint8Array])[] {
  compressed ??= [
    ['gzip', gzipSync(bomb)],
    ['br', brotliCompressSync(bomb)],
    ['deflate', deflateSync(bomb)],
  ]
  return compressed
}

// Headers

const ORIGINS = [
  'null',
  '',
  'https://evil.example',
  'https://app.example.test.evil.example',
  'https://evil.example/https://app.example.test',
  'https://user:password@app.example.test',
  'https://app.example.test, https://evil.example',
  'https://app.example.test https://evil.example',
  'https://app.example.test:443',
  'https://app.example.test.',
  'https://APP.example.test',
  'http://app.example.test',
  'http://localhost:99999',
  'http://localhost.evil.example',
  'file://',
  'data:text/html,x',
  'chrome-extension://abcdefgh',
  'https://аpp.example.test',
  `https://${'a.'.repeat(2_000)}example.test`,
  '*',
]

const HOSTS = [
  '',
  'evil.example',
  'localhost:99999',
  'localhost:',
  'localhost:0',
  'localhost, evil.example',
  'user@localhost',
  'localhost/..',
  'local host',
  '[::1]',
  '[::1',
  '[fe80::1%25eth0]',
  '127.0.0.1.evil.example',
  '0',
  '2130706433',
  '..',
  `${'a'.repeat(300)}.example`,
  'xn--80ak6aa92e.example',
  '__proto__',
  'localhost\'"<>',
]

const ADDRESSES = [
  '127.0.0.1',
  '::1',
  '10.0.0.1, 127.0.0.1',
  `${'1.1.1.1, '.repeat(800)}8.8.8.8`,
  'unknown',
  '"<script>"',
  '999.999.999.999',
  '::ffff:7f00:1',
  'for=127.0.0.1;proto=https;host=evil.example',
  ',,,,,,',
]

const CREDENTIALS = [
  '',
  ' ',
  'Bearer',
  'Bearer ',
  'Bearer  x',
  'bearer\tx',
  'Bearer undefined',
  'Bearer null',
  'Bearer [object Object]',
  'Bearer __proto__',
  `Bearer ${CANARY}`,
  `Bearer ${'x'.repeat(12_000)}`,
  `Bearer ${'.'.repeat(8_000)}`,
  'Bearer a.b.c',
  'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.',
  'Bearer eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2V0Yy9wYXNzd2QifQ.e30.AAAA',
  'Basic Og==',
  `Basic ${Buffer.from(`admin:${CANARY}`).toString('base64')}`,
  'PublicToken ',
  `PublicToken ${CANARY}`,
  'Digest username="x"',
  'Negotiate YII=',
  '\u00e9\u00ff',
]

function headerMutants(good: WireRequest): readonly Mutant[] {
  const replaced = (name: string, values: readonly string[]) =>
    values.map((value) => ({
      name: `${name}: ${value.slice(0, 60)}`,
      request: withHeaders({ ...good, headers: without(good, name) }, [name, value]),
    }))
  const added = (name: string, ...fields: WireRequest['headers']): Mutant => ({
    name,
    request: withHeaders(good, ...fields),
  })
  const many = Array.from({ length: 900 }, (_, index) => [`X-H${index}`, 'v'] as const)
  return [
    ...replaced('Authorization', CREDENTIALS),
    { name: 'no Authorization', request: { ...good, headers: without(good, 'authorization') } },
    added('Authorization twice, nonsense last', ['Authorization', `Bearer ${CANARY}`]),
    {
      name: 'Authorization twice, nonsense first',
      request: { ...good, headers: [['Authorization', `Bearer ${CANARY}`], ...good.headers] },
    },
    ...replaced(PROJECT_HEADER, [
      '',
      ' ',
      CANARY,
      '__proto__',
      'constructor',
      '../x',
      'x'.repeat(8_000),
      '*',
      '\u00ff',
    ]),
    added('the project twice', [PROJECT_HEADER, CANARY]),
    ...replaced('X-Streambird-Session-Token', ['', CANARY, 'x'.repeat(12_000), '__proto__', '\u00ff']),
    ...replaced('X-WalletKit-Token-Source', ['', CANARY, 'google', '__proto__', 'x'.repeat(8_000)]),
    ...replaced('Origin', ORIGINS),
    ...replaced('Host', HOSTS),
    { name: 'no Host', request: { ...good, headers: without(good, 'host') } },
    added('two Hosts', ['Host', 'evil.example']),
    ...replaced('X-Forwarded-For', ADDRESSES),
    ...replaced('Forwarded', ADDRESSES),
    added(
      'forwarded in every way',
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Forwarded-Proto', 'javascript'],
      ['X-Forwarded-Port', '0'],
      ['X-Forwarded-Prefix', '/evil'],
      ['X-Original-URL', '/mailbox'],
      ['X-Rewrite-URL', '/mailbox'],
      ['X-Real-IP', '127.0.0.1'],
      ['X-Host', 'evil.example'],
      ['CF-Connecting-IP', '127.0.0.1'],
      ['True-Client-IP', '127.0.0.1'],
    ),
    ...replaced('X-HTTP-Method-Override', ['DELETE', 'GET', 'PUT', CANARY]),
    ...replaced('X-Method-Override', ['DELETE']),
    ...replaced('X-Request-Id', [
      '',
      'x',
      'x'.repeat(5_000),
      'a b',
      `${CANARY}<script>`,
      '../../x',
      '"}{"level":60',
      '\u00ff',
    ]),
    ...replaced('Cookie', [`session=${CANARY}`, `${'a=b; '.repeat(2_000)}`, '=', ';;;', '__proto__=1']),
    ...replaced('User-Agent', [
      '',
      'x'.repeat(8_000),
      `${CANARY}<script>alert(1)</script>`,
      '\u00ff\u0080',
      `$\{jndi:ldap://x/y}`,
    ]),
    ...replaced('Referer', [`https://evil.example/?${CANARY}`]),
    ...replaced('Accept', ['', '*/*;q=9', 'text/html', 'application/xml', 'x'.repeat(5_000)]),
    ...replaced('Accept-Language', ['x'.repeat(5_000), '../../etc']),
    ...replaced('Accept-Encoding', ['gzip', 'br;q=1', '*']),
    ...replaced('If-None-Match', ['*', '"x"']),
    ...replaced('If-Modified-Since', ['Thu, 01 Jan 2099 00:00:00 GMT', 'x']),
    ...replaced('Range', ['bytes=0-0', `bytes=${'0-1,'.repeat(1_000)}0-1`]),
    ...replaced('Access-Control-Request-Headers', [CANARY, `${'x-a, '.repeat(1_000)}x-b`]),
    ...replaced('Sec-Fetch-Site', ['cross-site', CANARY]),
    ...replaced('Upgrade', ['websocket', 'h2c', CANARY]),
    added('an upgrade', ['Connection', 'Upgrade'], ['Upgrade', 'websocket'], ['Sec-WebSocket-Key', 'AAAA']),
    added('h2c', ['Connection', 'Upgrade, HTTP2-Settings'], ['Upgrade', 'h2c'], ['HTTP2-Settings', 'AAMAAABk']),
    added('Connection names Authorization', ['Connection', 'Authorization, keep-alive']),
    ...replaced('Expect', ['banana', '']),
    ...replaced('TE', ['trailers, deflate']),
    ...replaced('Via', ['1.1 x, '.repeat(1_000)]),
    ...replaced('Max-Forwards', ['0', '-1']),
    ...replaced('traceparent', ['00-x', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`]),
    added('900 headers', ...many),
    added('a header of 12 000 characters', ['X-Long', 'x'.repeat(12_000)]),
    added('a header of 20 000 characters', ['X-Long', 'x'.repeat(20_000)]),
    added('a name of 12 000 characters', ['x'.repeat(12_000), 'v']),
    added('headers named as members', ['__proto__', CANARY], ['constructor', CANARY], ['hasOwnProperty', CANARY]),
  ]
}

// Targets

function targetMutants({ path }: Pick<Operation, 'path'>, good: WireRequest): readonly Mutant[] {
  const [pathname = '', query = ''] = good.target.split('?')
  const at = (name: string, target: string): Mutant => ({ name, request: { ...good, target } })
  const segments = pathname.split('/')
  const last = segments.at(-1) ?? ''
  const paths: Readonly<Record<string, string>> = {
    'a slash at the end': `${pathname}/`,
    'two slashes in front': `/${pathname}`,
    'two slashes inside': pathname.replace(/\/(?=[^/]*$)/, '//'),
    'a dot segment': `/.${pathname}`,
    'a way round': `${pathname}/x/../`,
    'a way out': `/../../..${pathname}`,
    'encoded dot segments': `/%2e%2e/%2e%2e${pathname}`,
    'half encoded dot segments': `/.%2e/%2e.${pathname}`,
    'encoded slashes': pathname.replaceAll('/', '%2f').replace('%2f', '/'),
    'encoded backslashes': `${pathname}%5c..%5c`,
    backslashes: pathname.replaceAll('/', '\\').replace('\\', '/'),
    'encoded letters': pathname.replace(last, [...last].map((each) => `%${each.charCodeAt(0).toString(16)}`).join('')),
    'letters encoded twice': pathname.replace(last, `%25${(last.charCodeAt(0) || 0x61).toString(16)}${last.slice(1)}`),
    'overlong encoded letters': `${pathname}%c0%ae%c0%af`,
    'a NUL at the end': `${pathname}%00`,
    'a NUL and a suffix': `${pathname}%00.json`,
    'a line end': `${pathname}%0d%0aSet-Cookie:%20a=b`,
    'parameters of a segment': `${pathname};jsessionid=${CANARY}`,
    'a suffix': `${pathname}.json`,
    'dots at the end': `${pathname}...`,
    'a space at the end': `${pathname}%20`,
    'other letter case': pathname.toUpperCase(),
    'an encoded question mark': `${pathname}%3fapi_key=x`,
    'a bad escape': `${pathname}%zz`,
    'half an escape': `${pathname}%`,
    'no UTF-8': `${pathname}%ff%fe`,
    'a lone surrogate': `${pathname}%ed%a0%80`,
    'another direction': `${pathname}%e2%80%ae`,
    'a fragment': `${pathname}#${CANARY}`,
    'a long path': `${pathname}/${'a'.repeat(8_000)}`,
    'many segments': `${pathname}${'/a'.repeat(3_000)}`,
    'a segment __proto__': `${pathname}/__proto__/constructor`,
    'the same path twice': pathname + pathname,
    'absolute form': `http://localhost${pathname}`,
    'absolute form, elsewhere': `http://evil.example${pathname}`,
    'absolute form, another scheme': `gopher://localhost${pathname}`,
    'absolute form with a user': `http://user:${CANARY}@localhost${pathname}`,
    'authority form': 'localhost:80',
    'the authority of somebody': `//evil.example${pathname}`,
    'an asterisk': '*',
    'no slash': pathname.slice(1),
    'raw UTF-8': `${pathname}/é😀`,
  }
  const parts = query === '' ? 'a=b' : query
  const queries: Readonly<Record<string, string>> = {
    'api_key twice': `${parts}&api_key=${CANARY}&api_key=x`,
    'api_key as a list': `${parts}&api_key[]=${CANARY}&api_key[a]=b`,
    'api_key with a NUL': `${parts}&api_key=%00${CANARY}`,
    'an empty api_key': `${parts}&api_key`,
    'every parameter twice': `${parts}&${parts}`,
    'every parameter as a list': parts.replaceAll('=', '[]='),
    'every parameter empty': parts.replaceAll(/=[^&]*/g, '='),
    'no parameter': '',
    'a bad escape in the query': `${parts}&a=%zz&%=%`,
    'no UTF-8 in the query': `${parts.replaceAll(/=[^&]*/g, '=%ff%fe')}`,
    'a NUL in the query': `${parts.replaceAll(/=[^&]*/g, '=%00')}`,
    'a long value': `${parts.replaceAll(/=[^&]*/g, `=${'x'.repeat(9_000)}`)}`,
    'many parameters': `${parts}&${'a=b&'.repeat(2_500)}`,
    '__proto__ in the query': `${parts}&__proto__[isAdmin]=1&__proto__=x&constructor.prototype=1`,
    'a plus': parts.replaceAll(/=[^&]*/g, '=+'),
    'question marks': `??${parts}?${parts}`,
    semicolons: parts.replaceAll('&', ';'),
    'only separators': '&&&===&',
    'a script in the query': `${parts}&callback=alert&jsonp=${CANARY}&x=<script>`,
    'a method in the query': `${parts}&_method=DELETE`,
    'a token in the query': `${parts}&access_token=${CANARY}&token=${CANARY}&session_token=${CANARY}`,
  }
  return [
    ...Object.entries(paths).map(([name, changed]) => at(name, query === '' ? changed : `${changed}?${query}`)),
    ...Object.entries(queries).map(([name, changed]) => at(name, `${pathname}?${changed}`)),
    ...parameterMutants(path, good),
  ]
}

const SEGMENTS = [
  '',
  '.',
  '..',
  '%2e%2e',
  '%00',
  '%20',
  'null',
  'undefined',
  '-1',
  '0',
  '*',
  '__proto__',
  'constructor',
  'toString',
  '%7B%22$ne%22:null%7D',
  '%22%3E%3Cscript%3E',
  '%f0%9f%98%80',
  '%ff',
  '%ed%a0%80',
  '%0d%0aX-Injected:%20x',
  '..%2f..%2fetc%2fpasswd',
  '%7d%7b',
  'x'.repeat(257),
  'x'.repeat(9_000),
  CANARY,
]

/** Every parameter in the path replaced. */
function parameterMutants(path: string, good: WireRequest): readonly Mutant[] {
  const segments = path.split('/')
  return segments.flatMap((segment, index) =>
    segment.startsWith('{')
      ? SEGMENTS.map((value) => {
          const [pathname = '', query] = good.target.split('?')
          const changed = pathname.split('/').with(index, value).join('/')
          return {
            name: `${segment} = ${value.slice(0, 40)}`,
            request: { ...good, target: query === undefined ? changed : `${changed}?${query}` },
          }
        })
      : [],
  )
}

// Methods

/** What Node's parser knows, but for CONNECT, which has no path; and what it does not know. */
const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'PROPPATCH',
  'MKCOL',
  'COPY',
  'MOVE',
  'LOCK',
  'UNLOCK',
  'SEARCH',
  'PURGE',
  'REPORT',
  'SUBSCRIBE',
  'LINK',
  'SOURCE',
  'BREW',
  'get',
  'PRI',
]

function methodMutants(good: WireRequest): readonly Mutant[] {
  return METHODS.flatMap((method) => [
    { name: `${method} with the body`, request: { ...good, method } },
    { name: `${method} without a body`, request: { ...good, method, body: null } },
  ])
}

function without({ headers }: WireRequest, name: string): WireRequest['headers'] {
  return headers.filter(([each]) => each.toLowerCase() !== name.toLowerCase())
}

function withHeaders(request: WireRequest, ...fields: WireRequest['headers']): WireRequest {
  return { ...request, headers: [...request.headers, ...fields] }
}

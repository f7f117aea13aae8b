import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROJECT_HEADER } from '../adapters/walletkit/door.ts'
import { type RawAnswer, RawConnection } from '../support/raw-http.ts'
import { CANARY } from './support/hostile-values.ts'
import { faultOfHead, faultOfText } from './support/judge.ts'
import { IS_LONG } from './support/length.ts'
import { SignIns } from './support/sign-ins.ts'
import { Target } from './support/target.ts'

/** One endpoint of each dialect, and one of ours. */
const PATHS = ['/auth/nonce', '/v1/auth/users/create', '/users/login-with-wallet', '/healthz'] as const
/** What nobody asks for, unless a server takes a body for a request. */
const SMUGGLED = '/smuggled-request'
const HIDDEN = `GET ${SMUGGLED} HTTP/1.1\r\nHost: x\r\n\r\n`

/** How the bytes of a request can lie about where it ends (RFC 9112 §6, §7), or be none. Null: its head goes on without this. */
const FRAMINGS: Readonly<Record<string, readonly [headers: string, body: string]>> = {
  'length and chunks': ['Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`],
  'chunks and length': [`Transfer-Encoding: chunked\r\nContent-Length: ${HIDDEN.length}\r\n`, `0\r\n\r\n${HIDDEN}`],
  'chunks that are no chunks': ['Transfer-Encoding: xchunked\r\n', HIDDEN],
  'chunks, then identity': ['Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${HIDDEN}`],
  'chunked twice': ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`],
  'another coding beside': ['Transfer-Encoding: chunked\r\nTransfer-Encoding: banana\r\n', `0\r\n\r\n${HIDDEN}`],
  'a space before the colon': ['Transfer-Encoding : chunked\r\n', `0\r\n\r\n${HIDDEN}`],
  'a vertical tab': ['Transfer-Encoding:\x0bchunked\r\n', `0\r\n\r\n${HIDDEN}`],
  'a folded coding': ['Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${HIDDEN}`],
  'a quoted coding': ['Transfer-Encoding: "chunked"\r\n', `0\r\n\r\n${HIDDEN}`],
  'a coding behind a bare line feed': ['X: y\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`],
  'a coding behind a bare return': ['X: y\rTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`],
  'a coding with a NUL': ['Transfer-Encoding: chunked\0\r\n', `0\r\n\r\n${HIDDEN}`],
  'two lengths': [`Content-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n`, HIDDEN],
  'a list of lengths': ['Content-Length: 0, 0\r\n', HIDDEN],
  'a length with a sign': ['Content-Length: +5\r\n', HIDDEN],
  'a negative length': ['Content-Length: -1\r\n', HIDDEN],
  'a length in hex': ['Content-Length: 0x10\r\n', HIDDEN],
  'a length with a fraction': ['Content-Length: 1.0\r\n', HIDDEN],
  'a length beyond counting': [`Content-Length: ${'9'.repeat(40)}\r\n`, HIDDEN],
  'a folded length': ['Content-Length:\r\n 5\r\n', HIDDEN],
  'an empty length': ['Content-Length: \r\n', HIDDEN],
  'a chunk size beyond counting': ['Transfer-Encoding: chunked\r\n', `${'f'.repeat(17)}\r\n${HIDDEN}`],
  'a negative chunk size': ['Transfer-Encoding: chunked\r\n', `-1\r\n${HIDDEN}`],
  'a chunk size with 0x': ['Transfer-Encoding: chunked\r\n', `0x0\r\n\r\n${HIDDEN}`],
  'a chunk size with a space': ['Transfer-Encoding: chunked\r\n', `1 \r\nx\r\n0\r\n\r\n${HIDDEN}`],
  'a chunk without its end': ['Transfer-Encoding: chunked\r\n', `1\r\nxyz\r\n0\r\n\r\n${HIDDEN}`],
  'a chunk that ends in a bare line feed': ['Transfer-Encoding: chunked\r\n', `1\nx\n0\n\n${HIDDEN}`],
  'an extension with a line feed': ['Transfer-Encoding: chunked\r\n', `1;a\nx\r\n0\r\n\r\n${HIDDEN}`],
  'a long extension': ['Transfer-Encoding: chunked\r\n', `1;${'a'.repeat(40_000)}\r\nx\r\n0\r\n\r\n`],
  'an extension that never ends': ['Transfer-Encoding: chunked\r\n', `1;${'a'.repeat(100_000)}`],
  'many small chunks': ['Transfer-Encoding: chunked\r\n', `${'1\r\nx\r\n'.repeat(IS_LONG ? 66_000 : 5_000)}0\r\n\r\n`],
  'a header without a colon': ['Nonsense\r\n', ''],
  'a header without a name': [': x\r\n', ''],
  'a name in quotes': ['"x": y\r\n', ''],
  'a folded header': ['X: y\r\n z\r\n', ''],
  'a NUL in a header': ['X: a\0b\r\n', ''],
  'a NUL in a name': ['X\0Y: a\r\n', ''],
  'headers over 16 KiB': [`X: ${'x'.repeat(20_000)}\r\n`, ''],
  '4000 headers': ['X: y\r\n'.repeat(4_000), ''],
  'trailers that say who it is': [
    'Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n',
    `2\r\n{}\r\n0\r\nAuthorization: Bearer ${CANARY}\r\nContent-Length: 5\r\n\r\n`,
  ],
  'an upgrade with a body': ['Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n', ''],
  'an unknown expectation': ['Expect: 200-maybe\r\nContent-Length: 0\r\n', ''],
  'a body that nobody announced': ['', HIDDEN.replace('GET', 'XGET')],
}

/** First lines that are none. */
const FIRST_LINES: Readonly<Record<string, string>> = {
  'a method in lower case': 'post {} HTTP/1.1',
  'an unknown method': 'BREW {} HTTP/1.1',
  'a long method': `${'X'.repeat(20_000)} {} HTTP/1.1`,
  'two spaces': 'POST  {}  HTTP/1.1',
  tabs: 'POST\t{}\tHTTP/1.1',
  'no version': 'POST {}',
  'HTTP/0.9': 'GET {} HTTP/0.9',
  'HTTP/1.2': 'POST {} HTTP/1.2',
  'HTTP/2': 'PRI * HTTP/2.0',
  'another protocol': 'POST {} RTSP/1.0',
  'a small letter': 'POST {} http/1.1',
  'a space in the target': 'POST {} x HTTP/1.1',
  'a NUL in the target': 'POST {}\0 HTTP/1.1',
  'a bare return in the target': 'POST {}\rX HTTP/1.1',
  'raw bytes in the target': 'POST {}\xff\xfe HTTP/1.1',
  'a long target': `POST {}${'/x'.repeat(20_000)} HTTP/1.1`,
  'an absolute target without a host': 'POST http:// HTTP/1.1',
  'an absolute target with a bad port': 'POST http://x:99999/ HTTP/1.1',
  'an absolute target with a bad host': 'POST http://[::1/ HTTP/1.1',
  'a target of one byte': 'POST ? HTTP/1.1',
  TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'a proxy’s greeting': 'PROXY TCP4 1.2.3.4 5.6.7.8 1 2',
  SSH: 'SSH-2.0-x',
  SMTP: 'EHLO x',
  Redis: '*1\r\n$8\r\nFLUSHALL',
}

describe('what no HTTP client sends', () => {
  let target: Target
  let signIns: SignIns
  /** Connections that send their headers byte by byte, from the beginning of the tests to their end. */
  let slow: readonly Promise<RawAnswer | null>[]
  let dripping: ReturnType<typeof setInterval>
  beforeAll(async () => {
    target = await Target.start('memory')
    signIns = new SignIns(target)
    const connections = await Promise.all(Array.from({ length: 100 }, () => RawConnection.open(target.port)))
    for (const each of connections) each.write('POST /auth/nonce HTTP/1.1\r\nHost: x\r\n')
    dripping = setInterval(() => {
      for (const each of connections) each.write('X')
    }, 500)
    slow = connections.map((each) => each.next({ limitMs: 60_000 }).finally(() => each.destroy()))
    for (const each of slow) each.catch(() => {})
  })
  afterAll(async () => {
    clearInterval(dripping)
    await target.stop()
  })

  const headOf = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer ${target.secretKey}\r\n${PROJECT_HEADER}: ${target.projectId}\r\n`
  /** Everything that comes back, up to the end of the connection or a second of silence after an answer. */
  const exchange = async (bytes: string): Promise<readonly RawAnswer[]> => {
    const connection = await RawConnection.open(target.port)
    const answers: RawAnswer[] = []
    try {
      connection.write(bytes)
      connection.end()
      for (let answer = await connection.next(); answer !== null; answer = await connection.next()) answers.push(answer)
    } finally {
      connection.destroy()
    }
    return answers
  }
  const faultsOf = (answers: readonly RawAnswer[]) =>
    answers.flatMap((answer) => {
      if (answer.status === 100) return []
      const fault = faultOfHead(answer) ?? faultOfText([], answer)
      if (fault !== null) return [fault]
      if (!/^application\/json/.test(answer.headers.get('content-type') ?? '')) return [`${answer.status} not as JSON`]
      return typeof JSON.parse(answer.body) === 'object' ? [] : ['no object']
    })

  it.each(Object.entries(FRAMINGS))(
    '%s: refused or served as one request, and nothing hidden is',
    async (_, [head, body]) => {
      for (const path of PATHS) {
        const answers = await exchange(`${headOf(path)}${head}\r\n${body}`)
        expect(faultsOf(answers)).toEqual([])
      }
    },
  )

  it.each(Object.entries(FIRST_LINES))(
    'the first line has %s: refused or served as any other, in JSON',
    async (_, line) => {
      for (const path of PATHS) {
        const answers = await exchange(`${line.replace('{}', path)}\r\nHost: localhost\r\n\r\n`)
        expect(faultsOf(answers)).toEqual([])
        // Node's parser takes some for HTTP: those are requests without credentials.
        for (const { status } of answers) expect([200, 400, 401, 403, 404, 405, 431]).toContain(status)
      }
    },
  )

  it('the hidden requests were never served', async () => {
    const paths = (await target.logged()).map(({ path }) => String(path))
    expect(paths.length).toBeGreaterThan(50)
    expect(paths.filter((path) => path.includes(SMUGGLED))).toEqual([])
  })

  it('what was refused unread has a line in the log too, with the id of its answer', async () => {
    const [answer] = await exchange('hello\r\n\r\n')
    const requestId = answer?.headers.get('x-request-id')
    const line = (await target.logged()).find((each) => each['requestId'] === requestId)
    expect(line).toMatchObject({ status: 400, code: 'unserved', reason: expect.stringMatching(/^HPE_/), level: 30 })
  })

  it.each(PATHS)('%s: sixteen requests in one packet are answered in their order', async (path) => {
    const ids = Array.from({ length: 16 }, (_, index) => `pipelined-${index}`)
    const connection = await RawConnection.open(target.port)
    connection.write(ids.map((id) => `${headOf(path)}X-Request-Id: ${id}\r\nContent-Length: 2\r\n\r\n{}`).join(''))
    const answered: (string | undefined)[] = []
    for (const _ of ids) answered.push((await connection.next())?.headers.get('x-request-id'))
    connection.destroy()
    expect(answered).toEqual(ids)
  })

  it('thousands of requests whose answers nobody reads take no memory', async () => {
    const before = await target.vitals()
    const connection = await RawConnection.open(target.port)
    connection.pause()
    for (let round = 0; round < 20; round += 1)
      connection.write('GET /openapi/moonkey.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(200))
    await signIns.fourmica()
    const after = await target.vitals()
    connection.destroy()
    // All answers together would be 600 MB.
    expect(after.rss - before.rss).toBeLessThan(100 * 1024 * 1024)
  })

  it('the seventeenth request under way is refused, after the answers to those before it, and ends the connection', async () => {
    const connection = await RawConnection.open(target.port)
    connection.write('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500))
    const answers: RawAnswer[] = []
    for (let answer = await connection.next(); answer !== null; answer = await connection.next()) answers.push(answer)
    expect(answers.map(({ status }) => status)).toEqual([...Array(16).fill(200), 429])
    expect(faultsOf(answers)).toEqual([])
    expect(answers.at(-1)?.headers.get('retry-after')).toBe('1')
    expect(answers.at(-1)?.headers.get('connection')).toBe('close')
  })

  it.each(PATHS)('%s: Expect: 100-continue is answered before and after the body', async (path) => {
    const connection = await RawConnection.open(target.port)
    connection.write(`${headOf(path)}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`)
    expect((await connection.next())?.status).toBe(100)
    connection.write('{}')
    expect(faultsOf([(await connection.next()) ?? { status: 0, headers: new Map(), body: '' }])).toEqual([])
    connection.destroy()
  })

  it('a client that says that nothing more comes is answered still; one that stops halfway is not waited for', async () => {
    expect(await exchange(`${headOf('/auth/nonce')}Content-Length: 2\r\n\r\n{}`)).toHaveLength(1)
    for (const half of ['', 'POST', headOf('/auth/nonce'), `${headOf('/auth/nonce')}Content-Length: 9\r\n\r\n{`]) {
      const answers = await exchange(half)
      expect(faultsOf(answers)).toEqual([])
      expect(answers.every(({ status }) => status >= 400)).toBe(true)
    }
  })

  it('hundreds of clients that leave in the middle, and hundreds that say nothing, harm nobody', async () => {
    const opened = await Promise.all(Array.from({ length: 300 }, () => RawConnection.open(target.port)))
    for (const [index, each] of opened.entries()) {
      if (index % 3 === 0) each.write(`${headOf('/auth/verify')}Content-Length: 50000\r\n\r\n{"message":"`)
      if (index % 3 === 1) each.write(`${headOf('/auth/nonce')}Content-Length: 2\r\n\r\n{}`)
      if (index % 3 !== 2) each.destroy()
    }
    await signIns.fourmica()
    for (const each of opened) each.destroy()
  })

  it('CONNECT ends the connection without a word', async () => {
    expect(await exchange('CONNECT localhost:6379 HTTP/1.1\r\nHost: localhost:6379\r\n\r\n')).toEqual([])
  })

  it.runIf(IS_LONG)(
    'a body that comes byte by byte is given up after twenty seconds',
    { timeout: 60_000 },
    async () => {
      const connection = await RawConnection.open(target.port)
      connection.write(`${headOf('/auth/nonce')}Content-Length: 60000\r\n\r\n`)
      const drip = setInterval(() => connection.write(' '), 500)
      const answer = await connection.next({ limitMs: 40_000 })
      clearInterval(drip)
      connection.destroy()
      expect(answer?.status ?? 408).toBe(408)
      if (answer !== null) expect(faultsOf([answer])).toEqual([])
    },
  )

  it('headers that come byte by byte are given up after ten seconds, and others sign in meanwhile', async () => {
    await Promise.all([signIns.fourmica(), signIns.moonkey(), signIns.walletkit()])
    const answers = await Promise.all(slow)
    expect(new Set(answers.map((answer) => answer?.status))).toEqual(new Set([408]))
    expect(faultsOf(answers.flatMap((answer) => answer ?? []))).toEqual([])
  })

  it('nothing crashed, nothing was complained of, and every dialect signs in', async () => {
    await Promise.all([signIns.fourmica(), signIns.moonkey(), signIns.walletkit()])
    const lines = await target.logged()
    expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([])
    expect(JSON.stringify(lines.map(({ path: _, ...line }) => line))).not.toContain(CANARY)
    expect(target.complaints).toBe('')
  })
})

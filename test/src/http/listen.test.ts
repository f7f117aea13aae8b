import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Listening, listen } from '../../../src/http/listen.ts'
import { RawConnection, rawExchange } from '../../support/raw-http.ts'
import { until } from '../../support/redis-server.ts'

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
/** Where Node tells of each request that it makes objects of. */
const READ = 'http.server.request.start'

/** A promise somebody else settles. */
function gate<T = void>() {
  let open: (value: T) => void = () => {}
  const opened = new Promise<T>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

describe('listen', () => {
  const running: Listening[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.drain(100)))
  })
  async function serve(fetch: (request: Request) => Response | Promise<Response>): Promise<Listening> {
    const server = await listen(fetch, { host: '127.0.0.1', port: 0 })
    running.push(server)
    return server
  }

  it('listens on a free port and answers', async () => {
    const { port } = await serve(() => Response.json({ ok: true }))
    expect(port).toBeGreaterThan(0)
    expect(await rawExchange(port, GET)).toMatchObject({ status: 200, body: '{"ok":true}' })
  })

  it('rejects when the port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const address = squatter.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(listen(() => new Response(), { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
    squatter.close()
  })

  describe('drain', () => {
    it('lets a request in flight finish, on a connection it then closes, while new ones are refused', async () => {
      const [entered, release] = [gate(), gate()]
      const server = await serve(async () => {
        entered.open()
        await release.opened
        return Response.json({ finished: true })
      })
      const connection = await RawConnection.open(server.port)
      connection.write(GET)
      await entered.opened
      let isDrained = false
      const drained = server.drain(5_000).then(() => {
        isDrained = true
      })
      await expect(RawConnection.open(server.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      expect(isDrained).toBe(false)
      release.open()
      expect(await connection.next()).toMatchObject({ status: 200, body: '{"finished":true}' })
      await connection.closed()
      await drained
    })

    it('serves a request that comes behind one in flight, and says that the connection ends', async () => {
      const [entered, arrived, release] = [gate(), gate(), gate()]
      const server = await serve(async (request) => {
        if (request.url.endsWith('/2')) arrived.open()
        else entered.open()
        await release.opened
        return Response.json({})
      })
      const connection = await RawConnection.open(server.port)
      connection.write(GET)
      await entered.opened
      const drained = server.drain(5_000)
      connection.write(GET.replace('/', '/2'))
      await arrived.opened
      release.open()
      expect((await connection.next())?.headers.get('connection')).not.toBe('close')
      expect((await connection.next())?.headers.get('connection')).toBe('close')
      await connection.closed()
      await drained
    })

    it('closes idle connections at once', async () => {
      const server = await serve(() => Response.json({}))
      const [used, unused] = await Promise.all([RawConnection.open(server.port), RawConnection.open(server.port)])
      used.write(GET)
      expect((await used.next())?.headers.get('connection')).not.toBe('close')
      const startedAt = performance.now()
      await server.drain(5_000)
      await Promise.all([used.closed(), unused.closed()])
      expect(performance.now() - startedAt).toBeLessThan(2_000)
    })

    it('answers a request that was begun before and finished after, and says it closes', async () => {
      const server = await serve(async (request) => Response.json({ got: await request.text() }))
      const connection = await RawConnection.open(server.port)
      connection.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab')
      // The server has the head once it answers something sent after it on the same loop.
      await rawExchange(server.port, GET)
      const drained = server.drain(5_000)
      connection.write('cd')
      expect(await connection.next()).toMatchObject({ status: 200, body: '{"got":"abcd"}' })
      await connection.closed()
      await drained
    })

    it('cuts what is left after the limit', async () => {
      const entered = gate()
      const server = await serve(() => {
        entered.open()
        return new Promise<Response>(() => {})
      })
      const connection = await RawConnection.open(server.port)
      connection.write(GET)
      await entered.opened
      await server.drain(50)
      expect(await connection.next()).toBeNull()
    })

    it('begins, where it is announced, with answers that end their connections while others are still accepted', async () => {
      const server = await serve(() => Response.json({}))
      const kept = await RawConnection.open(server.port)
      kept.write(GET)
      expect((await kept.next())?.headers.get('connection')).not.toBe('close')
      server.retire()
      for (const connection of [kept, await RawConnection.open(server.port)]) {
        connection.write(GET)
        const answer = await connection.next()
        expect([answer?.status, answer?.headers.get('connection')]).toEqual([200, 'close'])
        await connection.closed()
      }
    })

    it('resolves again when it is asked again', async () => {
      const server = await serve(() => Response.json({}))
      await Promise.all([server.drain(100), server.drain(100)])
      await server.drain(100)
    })
  })

  describe('what is no HTTP request', () => {
    it.each([
      ['no HTTP', 'hello\r\n\r\n'],
      ['TLS', Buffer.from('16030100c8010000c40303', 'hex')],
      ['a bad version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n'],
      ['a bad method', 'G@T / HTTP/1.1\r\nHost: x\r\n\r\n'],
      ['a space in a header name', 'GET / HTTP/1.1\r\nHo st: x\r\n\r\n'],
      ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n'],
      ['a length that is no number', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n'],
      ['a negative length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
      ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
      // RFC 9112 §6.1: the classic ways to smuggle a request past a proxy.
      [
        'length and chunks',
        'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      [
        'an unknown transfer coding',
        'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, banana\r\n\r\n0\r\n\r\n',
      ],
      ['a bare line feed in the header', 'GET / HTTP/1.1\nHost: x\r\nA: b\rc\r\n\r\n'],
      ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n: z\r\n\r\n'],
    ])('%s is 400 in JSON, and the connection ends', async (_, bytes) => {
      const { port } = await serve(() => Response.json({ reached: true }))
      const connection = await RawConnection.open(port)
      connection.write(bytes)
      const answer = await connection.next()
      expect(answer).toMatchObject({ status: 400, body: '{"error":"malformed HTTP request"}' })
      expect(answer?.headers.get('content-type')).toBe('application/json')
      expect(answer?.headers.get('cache-control')).toBe('no-store')
      await connection.closed()
      expect(await rawExchange(port, GET)).toMatchObject({ status: 200 })
    })

    it('a broken chunk is 400 or the end, and never a success', async () => {
      const { port } = await serve(async (request) => Response.json({ got: await request.text() }))
      const answer = await rawExchange(port, 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n')
      expect(answer === null || answer.status === 400).toBe(true)
      expect(await rawExchange(port, GET)).toMatchObject({ status: 200 })
    })

    it('headers over 16 KiB are 431 in JSON', async () => {
      const { port } = await serve(() => Response.json({ reached: true }))
      const answer = await rawExchange(port, `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`)
      expect(answer).toMatchObject({ status: 431, body: '{"error":"request headers too large"}' })
    })

    it('a URL over 16 KiB is 431 in JSON', async () => {
      const { port } = await serve(() => Response.json({ reached: true }))
      expect(await rawExchange(port, `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatchObject({
        status: 431,
      })
    })

    it('a client that leaves in the middle harms nobody', async () => {
      const { port } = await serve(async (request) => Response.json({ got: await request.text() }))
      for (const bytes of [
        '',
        'GET',
        'GET / HTTP/1.1\r\nHost: x\r\n',
        'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab',
      ]) {
        const connection = await RawConnection.open(port)
        connection.write(bytes)
        connection.destroy()
      }
      expect(await rawExchange(port, GET)).toMatchObject({ status: 200 })
    })

    it('once an answer has begun, a bad next request does not corrupt it', async () => {
      const finish = gate()
      const { port } = await serve(
        () =>
          new Response(
            new ReadableStream({
              async start(controller) {
                controller.enqueue(new TextEncoder().encode('begun'))
                await finish.opened
                controller.close()
              },
            }),
          ),
      )
      const connection = await RawConnection.open(port)
      connection.write(GET)
      connection.write('nonsense\r\n\r\n')
      const answer = connection.next()
      finish.open()
      // Either the whole answer or the end of the connection, but no second answer in the middle of the first.
      expect((await answer)?.body ?? 'begun').toBe('begun')
    })
  })

  it.each([
    ['no Host (HTTP/1.1)', 'GET / HTTP/1.1\r\n\r\n'],
    ['no Host (HTTP/1.0)', 'GET / HTTP/1.0\r\n\r\n'],
    ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
    ['a Host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['a Host with a user', 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n'],
    ['a Host with a space', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n'],
    ['the target *', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a backslash in the path', 'GET /a\\b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a target without a slash', 'GET a HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('%s is 400 in JSON (RFC 9112 §3.2)', async (_, bytes) => {
    const { port } = await serve(() => Response.json({ reached: true }))
    const answer = await rawExchange(port, bytes)
    expect(answer).toMatchObject({ status: 400, body: '{"error":"malformed HTTP request"}' })
    expect(answer?.headers.get('content-type')).toBe('application/json')
    expect(answer?.headers.get('cache-control')).toBe('no-store')
  })

  it('has sixteen requests of a connection under way: the next is refused behind their answers, and ends it', async () => {
    const release = gate()
    let begun = 0
    const { port } = await serve(async () => {
      begun += 1
      await release.opened
      return Response.json({})
    })
    const connection = await RawConnection.open(port)
    connection.write(GET.repeat(100))
    await rawExchange(port, 'nonsense\r\n\r\n') // Whatever came before has been read.
    expect(begun).toBe(16)
    release.open()
    for (let answered = 0; answered < 16; answered += 1) expect((await connection.next())?.status).toBe(200)
    const last = await connection.next()
    expect(last).toMatchObject({ status: 429, body: '{"error":"too many requests under way on this connection"}' })
    expect(last?.headers.get('retry-after')).toBe('1')
    await connection.closed()
    expect(begun).toBe(16)
  })

  it('reads no request of a connection behind the one that is refused, whatever is sent', async () => {
    const release = gate()
    let read = 0
    const count = () => (read += 1)
    subscribe(READ, count)
    const { port } = await serve(async () => {
      await release.opened
      return Response.json({})
    })
    const connection = await RawConnection.open(port)
    const upgrade = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'
    for (const burst of [GET, GET, upgrade, GET]) {
      connection.write(burst.repeat(2_000))
      await rawExchange(port, 'nonsense\r\n\r\n') // Whatever came before has been read.
    }
    unsubscribe(READ, count)
    expect(read).toBe(17)
    release.open()
    for (let answered = 0; answered < 16; answered += 1) expect((await connection.next())?.status).toBe(200)
    expect(await connection.next()).toMatchObject({ status: 429 })
    await connection.closed()
    expect(await rawExchange(port, GET)).toMatchObject({ status: 200 })
  })

  it('has so many connections and no more, and says so once', async () => {
    const noted: unknown[] = []
    const note = (unserved: unknown) => `noted-id-${noted.push(unserved)}`
    const server = await listen(() => Response.json({}), { host: '127.0.0.1', port: 0, maxConnections: 2 }, note)
    running.push(server)
    const [first, second] = [await RawConnection.open(server.port), await RawConnection.open(server.port)]
    for (let refused = 0; refused < 3; refused += 1) expect(await rawExchange(server.port, GET)).toBeNull()
    expect(noted).toEqual([{ status: 503, reason: 'too_many_connections' }])
    second.write(GET)
    expect(await second.next()).toMatchObject({ status: 200 })
    first.destroy()
    await until(async () => (await rawExchange(server.port, GET)) !== null, 'a place is free, and nobody gets it')
  })

  it('serves hundreds of requests of a connection one after another', async () => {
    const { port } = await serve(() => Response.json({}))
    const connection = await RawConnection.open(port)
    for (let asked = 0; asked < 300; asked += 1) {
      connection.write(GET)
      expect((await connection.next())?.status).toBe(200)
    }
    connection.destroy()
  })

  it('tells of what it answers without the application, and names the answer after it', async () => {
    const noted: unknown[] = []
    const note = (unserved: unknown) => `noted-id-${noted.push(unserved)}`
    const fails = () => {
      throw new Error('hunter2')
    }
    const server = await listen(fails, { host: '127.0.0.1', port: 0 }, note)
    running.push(server)
    for (const bytes of ['hello\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', GET]) {
      const answer = await rawExchange(server.port, bytes)
      expect(answer?.headers.get('x-request-id')).toBe(`noted-id-${noted.length}`)
    }
    expect(noted).toEqual([
      { status: 400, reason: 'HPE_INVALID_METHOD' },
      { status: 400, reason: 'malformed HTTP request' },
      { status: 500, reason: 'internal server error', error: new Error('hunter2') },
    ])
  })

  it('answers pipelined requests in their order', async () => {
    const first = gate()
    const { port } = await serve(async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/1') await first.opened
      else first.open()
      return Response.json({ pathname })
    })
    const connection = await RawConnection.open(port)
    connection.write(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''))
    for (const path of ['/1', '/2', '/3']) expect((await connection.next())?.body).toBe(`{"pathname":"${path}"}`)
    connection.destroy()
  })

  it('Expect: 100-continue gets its 100 and then the answer', async () => {
    const { port } = await serve(async (request) => Response.json({ got: await request.text() }))
    const connection = await RawConnection.open(port)
    connection.write('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n')
    expect((await connection.next())?.status).toBe(100)
    connection.write('ok')
    expect(await connection.next()).toMatchObject({ status: 200, body: '{"got":"ok"}' })
    connection.destroy()
  })

  it('an unknown expectation is served, with a body', async () => {
    const { port } = await serve(() => Response.json({ served: true }))
    expect(await rawExchange(port, 'GET / HTTP/1.1\r\nHost: x\r\nExpect: banana\r\n\r\n')).toMatchObject({
      body: '{"served":true}',
    })
  })

  it('CONNECT ends the connection, and nobody is harmed', async () => {
    const { port } = await serve(() => Response.json({ reached: true }))
    expect(await rawExchange(port, 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n')).toBeNull()
    expect(await rawExchange(port, GET)).toMatchObject({ status: 200 })
  })

  it('an upgrade is not made: the request is answered as any other', async () => {
    const { port } = await serve(() => Response.json({ plain: true }))
    const bytes = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    expect(await rawExchange(port, bytes)).toMatchObject({ status: 200, body: '{"plain":true}' })
  })

  it('an error that escapes the application is an answer in JSON without its text', async () => {
    const { port } = await serve(() => {
      throw new Error('hunter2')
    })
    const answer = await rawExchange(port, GET)
    expect(answer).toMatchObject({ status: 500, body: '{"error":"internal server error"}' })
  })
})

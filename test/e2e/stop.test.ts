import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { RawConnection } from '../support/raw-http.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { signIn, statusOf } from './support/client.ts'
import { useProgram } from './support/fixture.ts'

const BODY = '{"address":"0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a"}'
const HEAD = `POST /auth/nonce HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`
const HALF = BODY.length / 2

describe('stopping', () => {
  const { run } = useProgram()

  /** Asks again and again over one kept-alive connection until it is refused; resolves with what came of the requests. */
  async function keepAsking(port: number, onAnswer: () => void): Promise<Map<string, number>> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const outcomes = new Map<string, number>()
    for (let outcome = ''; outcome !== 'ECONNREFUSED'; ) {
      outcome = await new Promise<string>((resolve) => {
        const headers = { 'content-type': 'application/json', 'content-length': BODY.length }
        const outgoing = request({ agent, port, host: '127.0.0.1', path: '/auth/nonce', method: 'POST', headers })
        outgoing.on('response', (incoming) => {
          incoming.resume().on('end', () => resolve(String(incoming.statusCode)))
          incoming.on('error', (error: NodeJS.ErrnoException) => resolve(`in the answer: ${error.code}`))
        })
        outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
        outgoing.end(BODY)
      })
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      if (outcome === '200') onAnswer()
    }
    agent.destroy()
    return outcomes
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('%s under load: every request that was sent is answered', async (signal) => {
    const program = run({ PORT: '0' })
    const port = await program.port()
    let answered = 0
    let signalledAt = Number.POSITIVE_INFINITY
    const clients = Array.from({ length: 16 }, () =>
      keepAsking(port, () => {
        answered += 1
        if (answered !== 400) return
        signalledAt = performance.now()
        program.signal(signal)
      }),
    )
    for (const outcomes of await Promise.all(clients)) {
      expect([...outcomes.keys()].sort()).toEqual(['200', 'ECONNREFUSED'])
    }
    expect(await program.ended).toEqual({ code: 0, signal: null })
    expect(performance.now() - signalledAt).toBeLessThan(2_000)
    // One line for each answer: none is lost at the end.
    expect(program.logs.filter(({ msg }) => msg === 'answered')).toHaveLength(answered)
    expect(program.logs.at(-1)).toMatchObject({ msg: 'stopped' })
  })

  it('a request whose body is still coming is answered; idle and unused connections hold nothing up', async () => {
    const program = run({ PORT: '0' })
    const port = await program.port()
    const [slow, idle, unused] = await Promise.all([1, 2, 3].map(() => RawConnection.open(port)))
    if (slow === undefined || idle === undefined || unused === undefined) throw new Error('three connections')
    slow.write(HEAD + BODY.slice(0, HALF))
    idle.write(HEAD + BODY)
    expect((await idle.next())?.headers.get('connection')).not.toBe('close')

    const signalledAt = performance.now()
    program.signal('SIGTERM')
    await program.logged('stopping')
    await Promise.all([idle.closed(), unused.closed()])
    slow.write(BODY.slice(HALF))
    expect(await slow.next()).toMatchObject({ status: 200 })
    expect(await program.ended).toEqual({ code: 0, signal: null })
    expect(performance.now() - signalledAt).toBeLessThan(2_000)
  })

  it('DRAIN_DELAY_SECS: it says that it is not ready, and serves old and new connections meanwhile', async () => {
    const program = run({ PORT: '0', DRAIN_DELAY_SECS: '2' })
    const port = await program.port()
    const kept = await RawConnection.open(port)
    kept.write(HEAD + BODY)
    expect((await kept.next())?.status).toBe(200)

    const signalledAt = performance.now()
    program.signal('SIGTERM')
    await program.logged('stopping')
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
    expect([ready.status, ready.headers.get('retry-after'), await ready.json()]).toEqual([
      503,
      '1',
      { status: 'stopping' },
    ])
    expect(await statusOf(port, '/healthz')).toBe(200)
    await signIn(port, newEthereumWallet())
    kept.write(HEAD + BODY)
    const last = await kept.next()
    expect([last?.status, last?.headers.get('connection')]).toEqual([200, 'close'])
    expect(await program.ended).toEqual({ code: 0, signal: null })
    expect(performance.now() - signalledAt).toBeGreaterThan(1_900)
  })

  it('DRAIN_DELAY_SECS: a stop that is asked for again after a second ends it at once', async () => {
    const program = run({ PORT: '0', DRAIN_DELAY_SECS: '300' })
    await program.port()
    const repeat = setInterval(() => program.signal('SIGTERM'), 100)
    const ending = await program.ended
    clearInterval(repeat)
    expect(ending).toEqual({ code: 143, signal: null })
  })

  it('repeats of a signal are one request; one that comes later ends the process at once', async () => {
    const program = run({ PORT: '0' })
    const socket = connect(await program.port(), '127.0.0.1')
    await once(socket, 'connect')
    socket.on('error', () => {})
    socket.write(HEAD + BODY.slice(0, HALF))
    const signalledAt = performance.now()
    const repeat = setInterval(() => program.signal('SIGINT'), 100)
    const ending = await program.ended
    clearInterval(repeat)
    socket.destroy()
    expect(ending).toEqual({ code: 130, signal: null })
    const took = performance.now() - signalledAt
    expect(took).toBeGreaterThan(1_000)
    expect(took).toBeLessThan(4_000)
    expect(program.logs.at(-1)).toMatchObject({ msg: 'stopping' })
  })
})

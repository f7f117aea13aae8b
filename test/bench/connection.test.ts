import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { Connection } from '../../bench/connection.ts'

let server: Server | null = null
afterEach(() => server?.close())

/** A connection to a server that answers every request with these pieces, one after the other. */
async function answeredWith(...pieces: string[]): Promise<Connection> {
  server = createServer((socket: Socket) => {
    socket.setNoDelay(true)
    socket.on('data', async () => {
      for (const piece of pieces) {
        socket.write(piece)
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Connection.open((server.address() as AddressInfo).port)
}

describe('Connection', () => {
  it('reads an answer in pieces, by its length', async () => {
    const connection = await answeredWith('HTTP/1.1 200 OK\r\nContent-Le', 'ngth: 9\r\n\r\n{"a":', '"b"}')
    expect(await connection.post('/', {})).toEqual({ a: 'b' })
    expect(await connection.post('/', {})).toEqual({ a: 'b' })
    expect(connection.waitedMs).toBeGreaterThan(0)
    connection.close()
  })

  it('reads an answer in chunks', async () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
    const connection = await answeredWith(`${head}5\r\n{"a":\r\n`, '4\r\n"b"}\r\n0\r', '\n\r\n')
    expect(await connection.post('/', {})).toEqual({ a: 'b' })
    connection.close()
  })

  it('refuses what is not 2xx, and says what came', async () => {
    const connection = await answeredWith('HTTP/1.1 503 No\r\ncontent-length: 4\r\n\r\nbusy')
    await expect(connection.send('GET', '/x', {})).rejects.toThrow('GET /x answered 503: busy')
    connection.close()
  })

  it('fails when the server goes away', async () => {
    const connection = await answeredWith('HTTP/1.1 200 OK\r\n')
    const answer = connection.send('GET', '/', {})
    connection.close()
    await expect(answer).rejects.toThrow('the server closed the connection')
  })
})

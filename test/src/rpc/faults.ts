import { gzipSync } from 'node:zlib'
import { drip, type Fault, httpAnswer, spoiled } from '../../support/evm/faulty-rpc.ts'

const rpcError =
  (error: unknown): Fault =>
  ({ socket, body }) =>
    void socket.write(httpAnswer(JSON.stringify({ jsonrpc: '2.0', id: body.id, error })))

const result =
  (value: unknown): Fault =>
  ({ socket, body }) =>
    void socket.write(httpAnswer(JSON.stringify({ jsonrpc: '2.0', id: body.id, result: value })))

const raw =
  (text: string): Fault =>
  ({ socket }) =>
    void socket.write(text)

const changed = (change: (answer: Record<string, unknown>) => unknown): Fault =>
  spoiled((text) => JSON.stringify(change(JSON.parse(text))))

/** Wherever a server lies about the frame of an honest verdict, or an outage may be taken for one. */
export const FAULTS: readonly (readonly [reason: string, title: string, fault: Fault])[] = [
  ['rpc_connection_lost', 'resets', ({ socket }) => void socket.resetAndDestroy()],
  ['rpc_connection_lost', 'hangs up', ({ socket }) => void socket.end()],
  ['rpc_timeout', 'says nothing', () => {}],
  ['rpc_timeout', 'stalls in the head', raw('HTTP/1.1 200 OK\r\ncontent-ty')],
  ['rpc_timeout', 'stalls before the body', raw('HTTP/1.1 200 OK\r\ncontent-length: 300\r\n\r\n')],
  [
    'rpc_timeout',
    'stalls in the middle of the body',
    async ({ socket, honestAnswer }) => {
      const answer = httpAnswer(await honestAnswer())
      socket.write(answer.slice(0, -100))
    },
  ],
  [
    'rpc_timeout',
    'stalls before the last chunk',
    async ({ socket, honestAnswer }) => {
      const answer = await honestAnswer()
      const size = Buffer.byteLength(answer).toString(16)
      socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${size}\r\n${answer}\r\n`)
    },
  ],
  [
    'rpc_timeout',
    'drips its head',
    ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ')
      drip(socket, 'a', 20)
    },
  ],
  [
    'rpc_timeout',
    'drips its body',
    ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 300\r\n\r\n')
      drip(socket, '{"jsonrpc":"2.0"', 20)
    },
  ],
  ['rpc_timeout', 'goes on announcing', ({ socket }) => drip(socket, 'HTTP/1.1 102 Processing\r\n\r\n', 1)],
  ['rpc_http_error', '500 with the honest answer', spoiled((text) => text, { status: '500 Internal Server Error' })],
  ['rpc_http_error', '503', raw('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n')],
  ['rpc_http_error', '401', raw('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n')],
  ['rpc_http_error', '404 with the honest answer', spoiled((text) => text, { status: '404 Not Found' })],
  ['rpc_http_error', '206 with the honest answer', spoiled((text) => text, { status: '206 Partial Content' })],
  ['rpc_http_error', '204', raw('HTTP/1.1 204 No Content\r\n\r\n')],
  ['rpc_rate_limited', '429 with the honest answer', spoiled((text) => text, { status: '429 Too Many Requests' })],
  ['rpc_rate_limited', 'limit exceeded', rpcError({ code: -32005, message: 'limit exceeded' })],
  ['rpc_answer_malformed', 'HTML', spoiled(() => '<!doctype html><title>Bad gateway</title>')],
  ['rpc_answer_malformed', 'an empty body', spoiled(() => '')],
  ['rpc_answer_malformed', 'half of the JSON', spoiled((text) => text.slice(0, text.length / 2))],
  ['rpc_answer_malformed', 'two answers', spoiled((text) => text + text)],
  ['rpc_answer_malformed', 'a batch', spoiled((text) => `[${text}]`)],
  ['rpc_answer_malformed', 'null', spoiled(() => 'null')],
  ['rpc_answer_malformed', 'deep nesting', spoiled(() => '['.repeat(60_000))],
  ['rpc_answer_malformed', 'no HTTP', raw('SSH-2.0-OpenSSH_9.6\r\n\r\n')],
  [
    'rpc_answer_malformed',
    'an endless head',
    ({ socket }) => void socket.write(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}`),
  ],
  [
    'rpc_answer_incomplete',
    'leaves in the middle of the body',
    async ({ socket, honestAnswer }) => void socket.end(httpAnswer(await honestAnswer()).slice(0, -10)),
  ],
  [
    'rpc_answer_incomplete',
    'resets after the head',
    ({ socket }) =>
      void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 300\r\n\r\n{', () =>
        setTimeout(() => socket.resetAndDestroy(), 20),
      ),
  ],
  ['rpc_answer_too_large', 'announces 10 MB', raw('HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n{')],
  [
    'rpc_answer_too_large',
    'sends without end',
    ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
      const chunk = `8000\r\n${' '.repeat(0x8000)}\r\n`
      const more = () => socket.writable && socket.write(chunk, more)
      more()
    },
  ],
  ['rpc_answer_too_large', 'pads the honest answer', spoiled((text) => text.padEnd(70_000))],
  [
    'rpc_answer_encoded',
    'compresses the honest answer',
    async ({ socket, honestAnswer }) => {
      const body = gzipSync(await honestAnswer())
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`)
      socket.write(body)
    },
  ],
  ['rpc_answer_mismatched', 'another id', changed((answer) => ({ ...answer, id: Number(answer['id']) + 1 }))],
  ['rpc_answer_mismatched', 'the id as text', changed((answer) => ({ ...answer, id: String(answer['id']) }))],
  ['rpc_answer_mismatched', 'no id', changed(({ id: _id, ...answer }) => answer)],
  ['rpc_answer_mismatched', 'a result without an id', changed((answer) => ({ ...answer, id: null }))],
  ['rpc_answer_mismatched', 'another version', changed((answer) => ({ ...answer, jsonrpc: '1.0' }))],
  ['rpc_answer_mismatched', 'no version', changed(({ jsonrpc: _version, ...answer }) => answer)],
  ['rpc_answer_malformed', 'no result', changed(({ result: _result, ...answer }) => answer)],
  ['rpc_answer_malformed', 'null as result', result(null)],
  ['rpc_answer_malformed', 'nothing as result', result('0x')],
  ['rpc_answer_malformed', 'a number as result', result(1)],
  [
    'rpc_answer_malformed',
    'half a result',
    changed((answer) => ({ ...answer, result: String(answer['result']).slice(0, -64) })),
  ],
  ['rpc_answer_malformed', 'true as result', result(`0x${'1'.padStart(64, '0')}`)],
  ['rpc_answer_malformed', 'an error that is a text', rpcError('overloaded')],
  ['rpc_error', 'an error besides the honest result', changed((answer) => ({ ...answer, error: { code: -32000 } }))],
  ['rpc_error', 'header not found', rpcError({ code: -32000, message: 'header not found' })],
  ['rpc_error', 'method not allowed', rpcError({ code: -32601, message: 'the method eth_call is not available' })],
  ['rpc_error', 'an error without an id', changed(() => ({ jsonrpc: '2.0', id: null, error: { code: -32700 } }))],
  [
    'rpc_execution_failed',
    'execution reverted',
    rpcError({ code: 3, message: 'execution reverted', data: '0x1626ba7e' }),
  ],
  [
    'rpc_execution_failed',
    'out of gas',
    rpcError({ code: -32000, message: 'out of gas: gas required exceeds allowance' }),
  ],
  ['rpc_execution_failed', 'a VM that lags behind', rpcError({ code: -32015, message: 'invalid opcode: CHAINID' })],
]

import { post } from './post.ts'
import { createRpcServer } from './rpc-server.ts'

/** A block's header with the hashes of its transactions: some hundred kilobytes on busy chains. */
const ANSWER_BYTES = 2 * 1024 * 1024

/** When the newest block was made, seconds; null when the server does not say. Never throws for what a server answers. */
export async function readHeadTime(url: string, timeoutMs: number): Promise<number | null> {
  const server = createRpcServer(url)
  try {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getBlockByNumber', params: ['latest', false] })
    const answer = await post(server, body, { timeoutMs, answerBytes: ANSWER_BYTES })
    return answer.outcome === 'read' ? timeIn(answer.value) : null
  } finally {
    server.close()
  }
}

function timeIn(text: string): number | null {
  try {
    const timestamp: unknown = JSON.parse(text)?.result?.timestamp
    return typeof timestamp === 'string' && /^0x[0-9a-f]{1,12}$/i.test(timestamp) ? Number(timestamp) : null
  } catch {
    return null
  }
}

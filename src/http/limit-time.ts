import type { MiddlewareHandler } from 'hono'
import type { HttpEnv } from '../../adapters/shared/http.ts'
import { AuthError } from '../../core/errors.ts'

/** From the last byte of a request to its answer, milliseconds: longer than a chain may take, shorter than clients wait. */
export const ANSWER_LIMIT_MS = 6_000

/**
 * Answers that it could not be decided when deciding takes too long: each step is bounded, and a store that is slow at every one of them
 * would add up. What goes on is not stopped and may still come to pass, as after any answer that was lost. @throws {AuthError} `store_unavailable`
 */
export function limitTime(limitMs: number): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    let timer: NodeJS.Timeout | undefined
    let isAnswered = false
    const late = new Promise<never>((_, reject) => {
      const begin = () => {
        // What is refused unread has its body drained after the answer.
        if (!isAnswered) timer ??= setTimeout(() => reject(new AuthError('store_unavailable', 'too_slow')), limitMs)
      }
      begin()
      const incoming = c.env?.incoming
      if (incoming === undefined || !announcesBody(incoming.headers)) return
      // A body that is slow to come is its sender's affair, and bounded elsewhere; but only while somebody waits for it.
      incoming.once('resume', () => {
        if (incoming.complete) return
        clearTimeout(timer)
        timer = undefined
      })
      incoming.once('end', begin)
    })
    try {
      await Promise.race([next(), late])
    } finally {
      isAnswered = true
      clearTimeout(timer)
    }
  }
}

function announcesBody(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  return (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined
}

import type { Result, Router } from 'hono/router'
import { TrieRouter } from 'hono/router/trie-router'

/**
 * Routes, of which those whose path is written out in full are searched for once: what a path matches depends on nothing but the
 * method and the path. Only paths and methods that were added are remembered, so no request makes it grow.
 */
export class LiteralRoutes<T> implements Router<T> {
  readonly name = 'LiteralRoutes'
  readonly #routes = new TrieRouter<T>()
  readonly #methods = new Set<string>()
  readonly #literal = new Map<string, Map<string, Result<T>>>()

  add(method: string, path: string, handler: T): void {
    this.#routes.add(method, path, handler)
    this.#methods.add(method)
    if (!/[:*{?]/.test(path)) this.#literal.set(path, new Map())
    for (const results of this.#literal.values()) results.clear()
  }

  match(method: string, path: string): Result<T> {
    const results = this.#literal.get(path)
    const known = results?.get(method)
    if (known !== undefined) return known
    const found = this.#routes.match(method, path)
    if (this.#methods.has(method)) results?.set(method, found)
    return found
  }
}

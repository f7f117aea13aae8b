import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { AuthError } from '../../errors.ts'

/** How long replicas may take to say that they have a write, milliseconds: well within what one command may take. */
const WAIT_LIMIT_MS = 1_000
/**
 * WAIT holds up all else on its connection, and speaks of no other. So it may be long while replicas answer, and is a short look, again and
 * again, while they do not. Redis ends it up to 100 ms late (`hz 10`).
 */
const WAIT_MS = 100
const LOOK_MS = 1
const PAUSE_MS = 100

interface Waiting {
  readonly until: number
  resolve(): void
  reject(error: AuthError): void
}

/** Asks one node whether enough replicas have what was written to it. One question at a time; who comes meanwhile shares the next. */
export class ReplicaWait {
  readonly #redis: Redis
  readonly #replicas: number
  #waiting: Waiting[] = []
  #isAsking = false

  constructor(redis: Redis, replicas: number) {
    this.#redis = redis
    this.#replicas = replicas
  }

  /** @throws {AuthError} `store_unavailable`, reason `redis_unconfirmed` */
  confirm(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ until: performance.now() + WAIT_LIMIT_MS, resolve, reject })
      if (!this.#isAsking) void this.#ask()
    })
  }

  async #ask(): Promise<void> {
    this.#isAsking = true
    let milliseconds = WAIT_MS
    // Callers of one turn of the event loop share a question.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) {
      const asking = this.#waiting
      this.#waiting = []
      const answer = await this.#redis.wait(this.#replicas, milliseconds).catch(unconfirmed)
      if (answer instanceof AuthError) for (const { reject } of asking) reject(answer)
      else if (answer >= this.#replicas) for (const { resolve } of asking) resolve()
      else {
        const now = performance.now()
        for (const { until, reject } of asking) if (now >= until) reject(unconfirmed())
        this.#waiting = [...asking.filter(({ until }) => now < until), ...this.#waiting]
        await sleep(PAUSE_MS)
      }
      milliseconds = typeof answer === 'number' && answer >= this.#replicas ? WAIT_MS : LOOK_MS
    }
    this.#isAsking = false
  }
}

/** It is written, and a failover may undo it. */
export function unconfirmed(cause?: unknown): AuthError {
  return new AuthError('store_unavailable', 'redis_unconfirmed', cause)
}

import type { Connection } from '../connection.ts'
import { runMany } from '../load.ts'
import type { Measured } from '../measured.ts'
import type { WatchedRedis } from '../redis-usage.ts'
import { median } from '../statistics.ts'
import type { Costs } from './results.ts'

/** How many act at a time, for each process that serves. */
export const CONCURRENCY = 16

export interface MeterParts {
  readonly act: (connection: Connection, worker: number, turn: number) => Promise<unknown>
  readonly gateways: readonly Measured[]
  readonly redis: readonly WatchedRedis[]
  /** At a time, at all gateways. */
  readonly concurrency?: number
}

/** Measures what an act costs gateways and Redis servers, round by round. */
export class Meter {
  readonly #gateway: number[] = []
  readonly #redis: number[] = []
  readonly #parts: MeterParts

  constructor(parts: MeterParts) {
    this.#parts = parts
  }

  /** So many acts that nobody counts. */
  warmUp(count: number): Promise<void> {
    return this.#run(count)
  }

  async round(count: number): Promise<void> {
    const before = await this.#cpu()
    await this.#run(count)
    const after = await this.#cpu()
    this.#gateway.push((after.gateway - before.gateway) / count)
    this.#redis.push((after.redis - before.redis) / count)
  }

  /** Medians of the rounds. */
  costs(): Costs {
    return { gateway: median(this.#gateway), redis: median(this.#redis) }
  }

  async #run(count: number): Promise<void> {
    const { act, gateways, concurrency = CONCURRENCY } = this.#parts
    const ports = gateways.map(({ port }) => port)
    await runMany(act, ports, { count, concurrency })
  }

  async #cpu(): Promise<Costs> {
    const { gateways, redis } = this.#parts
    const [ofGateways, ofRedis] = await Promise.all([
      Promise.all(gateways.map((each) => each.usage())),
      Promise.all(redis.map((each) => each.usage())),
    ])
    return { gateway: total(ofGateways), redis: total(ofRedis) }
  }
}

function total(usages: readonly { readonly cpuMicroseconds: number }[]): number {
  return usages.reduce((sum, { cpuMicroseconds }) => sum + cpuMicroseconds, 0)
}

import { expect } from 'vitest'
import { Caller } from './caller.ts'
import { type Credentials, keepKeys, visitByFourMica, visitByMoonKey, visitByWalletKit } from './dialect-clients.ts'
import { History } from './history.ts'
import { CLIENTS } from './rounds.ts'

/** Clients of all dialects that work without a pause until they are told to stop. */
export class Workload {
  readonly history = new History()
  readonly caller: Caller
  readonly #clients: Promise<void>[]
  #isOver = false

  private constructor(ports: readonly number[], credentials: Credentials, clients: number) {
    this.caller = new Caller(ports, this.history)
    const acts = [visitByFourMica, visitByMoonKey, visitByWalletKit]
    this.#clients = Array.from({ length: clients }, async (_, index) => {
      const act = acts[index % acts.length] ?? visitByFourMica
      while (!this.#isOver) await act(this.caller, credentials)
    })
    // Whoever stops the work hears of it.
    for (const client of this.#clients) client.catch(() => {})
  }

  /** Begins, and resolves when there has been some success. */
  static async begin(ports: readonly number[], credentials: Credentials, clients = CLIENTS): Promise<Workload> {
    const workload = new Workload(ports, credentials, clients)
    await keepKeys(workload.caller, credentials)
    await workload.history.more('ok', 5 * clients)
    return workload
  }

  /** Success again, of every client: what was broken is whole, and nobody restarted anything. */
  async recovers(): Promise<void> {
    await this.history.more('ok', 5 * this.#clients.length)
  }

  /** Stops; fails when a promise was broken on the way or something acknowledged is not so any more. */
  async endsWell(): Promise<void> {
    await this.end()
    this.caller.mayBreak = []
    const missing = await this.history.missing()
    this.caller.close()
    expect({ violations: this.history.violations, missing }).toEqual({ violations: [], missing: [] })
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
  }
}

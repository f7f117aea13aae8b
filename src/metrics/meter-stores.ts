import { AuthError } from '../../core/errors.ts'
import type { Stores } from '../../core/stores/stores.ts'
import type { StoreMeter } from './meters.ts'

type Act = (...args: unknown[]) => Promise<unknown>

/** The same stores, every act of which is timed. What an act answers, and when, stays as it was. */
export function meterStores(stores: Stores, meter: StoreMeter): Stores {
  const { ping, close, queue, ...parts } = stores
  const metered = Object.entries(parts).map(([name, part]) => [name, meterPart(name, part, meter)])
  const meterQueue = (name: string) => meterPart('queue', queue.call(stores, name), meter)
  return {
    ...Object.fromEntries(metered),
    queue: meterQueue,
    ping: timed('ping', stores, ping, meter),
    close: () => close.call(stores),
  }
}

/** Null: this store has no such part. */
function meterPart(name: string, part: object | null, meter: StoreMeter): object | null {
  if (part === null) return null
  const acts = Object.entries(part) as [string, Act][]
  return Object.fromEntries(acts.map(([act, run]) => [act, timed(`${name}.${act}`, part, run, meter)]))
}

function timed(name: string, owner: object, run: Act, meter: StoreMeter): Act {
  const own = meter.of(name)
  const since = (startedAt: number) => (performance.now() - startedAt) / 1000
  return (...args) => {
    const startedAt = performance.now()
    const answer = run.apply(owner, args)
    // Beside the caller's own look at the answer, not before it: nobody waits for the count.
    answer.then(
      () => own.acted(since(startedAt)),
      (error: unknown) => own.failed(since(startedAt), reasonOf(error)),
    )
    return answer
  }
}

/** A stable word: the store's own for an outage, `crashed` for a defect. */
function reasonOf(error: unknown): string {
  return error instanceof AuthError ? error.reason : 'crashed'
}

import { expect } from 'vitest'
import { AuthError } from '../../core/errors.ts'
import type { Stores } from '../../core/stores/stores.ts'
import { interceptStores, type StoreAct } from './intercept-stores.ts'

/** When a store fails: before an act does anything, or after it did it and before it could say so. */
export type Moment = readonly [act: StoreAct, when: 'before' | 'after']

/** Both moments of each act. */
export const momentsOf = (acts: readonly StoreAct[]): readonly Moment[] =>
  acts.flatMap((act) => [[act, 'before'] as const, [act, 'after'] as const])

export interface FailingStores {
  readonly stores: Stores
  /** Fails once, at this moment of the attempt, which must come to it. */
  failAt<T>(moment: Moment, attempt: () => Promise<T>): Promise<T>
  /** The acts of an attempt that succeeds, each once, in order; those of keys and mails, which go on in the background, left out. */
  actsOf(attempt: () => Promise<{ readonly status: number }>): Promise<readonly StoreAct[]>
}

/** The same stores, failing where a test says. */
export function createFailingStores(stores: Stores): FailingStores {
  let failing: Moment | null = null
  const acts: StoreAct[] = []
  return {
    stores: interceptStores(stores, async (act, _, run) => {
      acts.push(act)
      const when = failing?.[0] === act ? failing[1] : null
      if (when !== null) failing = null
      if (when === 'before') throw new AuthError('store_unavailable', 'planted')
      const outcome = await run()
      if (when === 'after') throw new AuthError('store_unavailable', 'planted')
      return outcome
    }),
    async failAt(moment, attempt) {
      failing = moment
      const outcome = await attempt()
      expect(failing, `${moment.join(' ')} was never reached`).toBeNull()
      return outcome
    },
    async actsOf(attempt) {
      acts.length = 0
      expect((await attempt()).status).toBeLessThan(300)
      return [...new Set(acts)].filter((act) => !act.startsWith('keys.') && !act.startsWith('outbox.'))
    },
  }
}

/** Asks `/readyz` until it says so: reconnecting takes the client a moment. */
export async function untilReady({
  app,
}: {
  app: { request(path: string): Response | Promise<Response> }
}): Promise<void> {
  const deadline = performance.now() + 15_000
  while ((await app.request('/readyz')).status !== 200) {
    if (performance.now() > deadline) throw new Error('the store did not come back')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

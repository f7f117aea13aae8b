import { Redis } from 'ioredis'

/** More than any test has in one slot. */
const MAX_KEYS = 10_000
const MIGRATE_LIMIT_MS = 5_000

/**
 * Moves slots of a cluster from one primary to another, keys and all, while both serve: what is asked meanwhile is answered MOVED, ASK or
 * TRYAGAIN. Returns how many keys moved.
 */
export async function moveSlots(from: number, to: number, count: number): Promise<number> {
  const [source, target] = [new Redis(from), new Redis(to)]
  try {
    const [sourceId, targetId] = await Promise.all([source.cluster('MYID'), target.cluster('MYID')])
    let moved = 0
    for (const slot of (await slotsOf(source, String(sourceId))).slice(0, count)) {
      await target.cluster('SETSLOT', slot, 'IMPORTING', String(sourceId))
      await source.cluster('SETSLOT', slot, 'MIGRATING', String(targetId))
      for (;;) {
        const keys = (await source.cluster('GETKEYSINSLOT', slot, MAX_KEYS)) as string[]
        if (keys.length === 0) break
        await source.migrate('127.0.0.1', to, '', 0, MIGRATE_LIMIT_MS, 'KEYS', ...keys)
        moved += keys.length
      }
      // The new owner first: a slot is never nobody's.
      for (const node of [target, source]) await node.cluster('SETSLOT', slot, 'NODE', String(targetId))
    }
    return moved
  } finally {
    source.disconnect()
    target.disconnect()
  }
}

async function slotsOf(node: Redis, id: string): Promise<number[]> {
  const ranges = await node.cluster('SLOTS')
  return ranges
    .filter(([, , owner]) => owner?.[2] === id)
    .flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index))
}

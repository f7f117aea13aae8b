import { Connection } from './connection.ts'

export interface Load {
  readonly seconds: number
  /** Of all connections. */
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** How much load, from how many at a time. */
interface Amount {
  readonly count: number
  readonly concurrency: number
}

/**
 * So many runs of an act by so many workers at a time, each over a connection of its own that is kept; the workers share the
 * ports. `turn` counts the runs of one worker. Throws at the first that fails.
 */
export async function runMany(
  act: (connection: Connection, worker: number, turn: number) => Promise<unknown>,
  ports: readonly number[],
  { count, concurrency }: Amount,
): Promise<Load> {
  const connections = await openConnections(ports, concurrency)
  let started = 0
  const work = async (connection: Connection, worker: number) => {
    for (let turn = 0; started < count; turn += 1) {
      started += 1
      await act(connection, worker, turn)
    }
  }
  const startedAt = performance.now()
  try {
    await Promise.all(connections.map(work))
    return { seconds: (performance.now() - startedAt) / 1000, ...traffic(connections) }
  } finally {
    for (const connection of connections) connection.close()
  }
}

interface Pace {
  readonly perSecond: number
  readonly seconds: number
  readonly connections: number
}

interface Paced {
  readonly done: number
  /** Acts that began late, and the schedule with them, because every connection was in use when they were due. */
  readonly held: number
}

/**
 * Begins an act so many times a second, whatever becomes of those before: what callers do who do not know of each other. `slot`
 * numbers the connection. Throws at the first that fails.
 */
export async function runPaced(
  act: (connection: Connection, slot: number) => Promise<unknown>,
  port: number,
  { perSecond, seconds, connections: count }: Pace,
): Promise<Paced> {
  const connections = await openConnections([port], count)
  const free = connections.map((_, slot) => slot)
  let done = 0
  let held = 0
  let isHeld = false
  let underWay = 0
  const startedAt = performance.now()
  let dueAt = startedAt
  try {
    await new Promise<void>((resolve, reject) => {
      const begin = (connection: Connection, slot: number) => {
        underWay += 1
        act(connection, slot).then(() => {
          free.push(slot)
          underWay -= 1
          done += 1
        }, reject)
      }
      const tick = () => {
        const now = performance.now()
        while (dueAt <= now && now - startedAt < seconds * 1000) {
          // In turn: one that rested for long would be closed by the server.
          const slot = free.shift()
          const connection = slot === undefined ? undefined : connections[slot]
          if (slot === undefined || connection === undefined) {
            isHeld = true
            dueAt = now
            break
          }
          if (isHeld) held += 1
          isHeld = false
          begin(connection, slot)
          dueAt += 1000 / perSecond
        }
        if (now - startedAt >= seconds * 1000 && underWay === 0) resolve()
        else setTimeout(tick, 1)
      }
      tick()
    })
    return { done, held }
  } finally {
    for (const connection of connections) connection.close()
  }
}

function openConnections(ports: readonly number[], count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, (_, slot) => Connection.open(ports[slot % ports.length] ?? 0)))
}

function traffic(connections: readonly Connection[]): Pick<Load, 'bytesSent' | 'bytesReceived'> {
  return {
    bytesSent: connections.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
    bytesReceived: connections.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0),
  }
}

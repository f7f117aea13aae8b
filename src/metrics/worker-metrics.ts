import cluster, { type Worker } from 'node:cluster'
import type { MetricObjectWithValues, MetricValue, Registry } from 'prom-client'
import type { ReloadCounts } from '../reload/reload-counts.ts'
import { watchReloads } from './watch-reloads.ts'

/** The numbers of one process, as they travel between processes. */
type Snapshot = readonly MetricObjectWithValues<MetricValue<string>>[]

interface Question {
  readonly walletgate: 'metrics?'
  readonly id: number
}
interface Answer {
  readonly walletgate: 'metrics'
  readonly id: number
  readonly snapshot: Snapshot
}

/** A worker that has not answered by then is shown as it was last seen, milliseconds. */
const ANSWER_LIMIT_MS = 3_000
/** What goes on counting when a process ends. */
const LASTING = new Set(['counter', 'histogram'])

/** Answers the supervisor's questions with this worker's numbers. */
export function answerSupervisor(registry: Registry): void {
  process.on('message', (message: unknown) => {
    if (!isQuestion(message)) return
    void registry.getMetricsAsJSON().then((snapshot) => {
      const answer: Answer = { walletgate: 'metrics', id: message.id, snapshot }
      // A supervisor that is gone asks nobody.
      if (process.connected) process.send?.(answer, undefined, undefined, () => {})
    })
  })
}

/** The numbers of all workers as one text. */
export interface WorkerMetrics {
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>
}

/**
 * Asks every worker, and adds up. Counts never go back: a worker that does not answer, or has died, stays in the sum as it was last
 * seen (what it counted since then is lost), because a sum that falls would be read as a restart of everything.
 */
export async function gatherWorkerMetrics(configured: number, reloads: ReloadCounts | null): Promise<WorkerMetrics> {
  const client = await import('prom-client')
  const lastSeen = new Map<number, Snapshot>()
  const own = new client.Registry()
  const workers = new client.Gauge({
    name: 'walletgate_workers',
    help: 'Processes that serve: as configured, and those whose numbers are in this answer as they are now.',
    labelNames: ['state'],
    registers: [own],
  })
  if (reloads !== null) watchReloads(client, own, reloads)
  let ended: Snapshot = []
  let asked = 0

  const addUp = (snapshots: readonly Snapshot[]) =>
    client.AggregatorRegistry.aggregate(snapshots.map((each) => [...each]))
  cluster.on('exit', ({ id }) => {
    const last = lastSeen.get(id)
    lastSeen.delete(id)
    if (last === undefined) return
    const lasting = last.filter(({ type }) => LASTING.has(String(type)))
    // Its own array of what it added up: at once, so that no scrape in between misses the worker.
    ended = addUp([ended, lasting]).getMetricsAsArray() as MetricObjectWithValues<MetricValue<string>>[]
  })

  /** Whether it answered. */
  const look = async (worker: Worker, id: number): Promise<boolean> => {
    const snapshot = await ask(worker, id)
    if (snapshot !== null && !worker.isDead()) lastSeen.set(worker.id, snapshot)
    return snapshot !== null
  }

  return {
    async scrape() {
      asked += 1
      const living = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
      const answers = await Promise.all(living.map((worker) => look(worker, asked)))
      workers.set({ state: 'configured' }, configured)
      workers.set({ state: 'answering' }, answers.filter((hasAnswered) => hasAnswered).length)
      const [sum, supervisor] = await Promise.all([addUp([ended, ...lastSeen.values()]).metrics(), own.metrics()])
      return { contentType: client.prometheusContentType, text: `${sum}\n${supervisor}` }
    },
  }
}

/** Null: it did not answer in time, or not any more. */
function ask(worker: Worker, id: number): Promise<Snapshot | null> {
  if (!worker.isConnected()) return Promise.resolve(null)
  return new Promise((resolve) => {
    const settle = (snapshot: Snapshot | null) => {
      clearTimeout(limit)
      worker.off('message', read)
      worker.off('disconnect', giveUp)
      resolve(snapshot)
    }
    const read = (message: unknown) => {
      if (isAnswer(message) && message.id === id) settle(message.snapshot)
    }
    const giveUp = () => settle(null)
    const limit = setTimeout(giveUp, ANSWER_LIMIT_MS)
    worker.on('message', read)
    worker.once('disconnect', giveUp)
    const question: Question = { walletgate: 'metrics?', id }
    worker.send(question, (error) => {
      if (error !== null) giveUp()
    })
  })
}

function isQuestion(message: unknown): message is Question {
  return typeof message === 'object' && message !== null && Reflect.get(message, 'walletgate') === 'metrics?'
}

function isAnswer(message: unknown): message is Answer {
  return typeof message === 'object' && message !== null && Reflect.get(message, 'walletgate') === 'metrics'
}

import cluster, { type Worker } from 'node:cluster'
import { type ConfigAnswer, isConfigQuestion, isReloadDone, type ReloadDone, type ReloadOrder } from './messages.ts'

/** How long a worker may take for a step, milliseconds: a hundred new projects take it half a minute of making keys. */
const STEP_LIMIT_MS = 120_000

/** The configuration of all workers. */
export interface WorkerConfigs {
  /** Puts this text of the file into force in all workers, or in none of them: then it rejects. Call it for one at a time. */
  apply(text: string): Promise<void>
}

/**
 * Tells workers what to run with, from now on. A worker that begins later gets what was last put into force, whatever the file says then;
 * one that begins while that changes waits for the outcome.
 *
 * @param started the text of the file that this process started with
 */
export function superviseConfigs(started: string): WorkerConfigs {
  /** Workers that know what to run with, by id. */
  const informed = new Map<number, Worker>()
  let current = started
  let underWay: Promise<unknown> = Promise.resolve()
  let lastId = 0

  const inform = async (worker: Worker): Promise<void> => {
    for (let seen: unknown; seen !== underWay; ) {
      seen = underWay
      await underWay
    }
    informed.set(worker.id, worker)
    const answer: ConfigAnswer = { walletgate: 'config', started, current }
    tell(worker, answer, () => {})
  }
  cluster.on('message', (worker: Worker, message: unknown) => {
    if (isConfigQuestion(message)) void inform(worker)
  })
  cluster.on('exit', ({ id }) => informed.delete(id))

  async function apply(text: string): Promise<void> {
    lastId += 1
    const order = { walletgate: 'reload', id: lastId } as const
    const workers = [...informed.values()]
    const problems = await Promise.all(workers.map((worker) => ask(worker, { ...order, step: 'prepare', text })))
    const problem = problems.find((each) => each !== null)
    if (problem !== undefined && problem !== null) {
      for (const worker of workers) tell(worker, { ...order, step: 'discard' }, () => {})
      throw new Error(`a worker could not prepare it: ${problem}`)
    }
    // From here on there is no way back: a worker that dies now is replaced by one that begins with this.
    current = text
    // One of them tells the trail, for all. One that cannot, or hangs, makes way for a successor that can.
    await Promise.all(
      workers.map(async (worker, index) => {
        const failure = await ask(worker, { ...order, step: 'use', isRecorded: index === 0 })
        if (failure !== null) worker.process.kill('SIGTERM')
      }),
    )
  }

  return {
    apply(text) {
      const applied = apply(text)
      underWay = applied.catch(() => {})
      return applied
    },
  }
}

/** Null: done, or the worker has ended, which its successor makes good. Else what kept it. */
function ask(worker: Worker, order: ReloadOrder): Promise<string | null> {
  if (!worker.isConnected()) return Promise.resolve(null)
  return new Promise((resolve) => {
    const settle = (problem: string | null) => {
      clearTimeout(limit)
      worker.off('message', read)
      worker.off('disconnect', end)
      resolve(problem)
    }
    const isOurs = (message: unknown): message is ReloadDone =>
      isReloadDone(message) && message.id === order.id && message.step === order.step
    const read = (message: unknown) => {
      if (isOurs(message)) settle(message.problem)
    }
    const end = () => settle(null)
    const limit = setTimeout(() => settle('no_answer'), STEP_LIMIT_MS)
    worker.on('message', read)
    worker.once('disconnect', end)
    tell(worker, order, end)
  })
}

function tell(worker: Worker, message: ConfigAnswer | ReloadOrder, onLost: () => void): void {
  if (worker.isConnected()) worker.send(message, (error) => error !== null && onLost())
  else onLost()
}

import type { PreparedConfig } from '../server.ts'
import { type ConfigAnswer, isConfigAnswer, isReloadOrder, type ReloadDone, type ReloadOrder } from './messages.ts'

/** What a worker does with a text of the file. */
export interface WorkerTarget {
  /** Rejects when it cannot, and then nothing has changed. */
  prepare(text: string): Promise<PreparedConfig>
}

/** A worker's supervisor, as far as configurations go. */
export interface Supervisor {
  /** The texts to begin with. */
  readonly begin: Pick<ConfigAnswer, 'started' | 'current'>
  /** Does what it orders from now on, what it has ordered meanwhile included. */
  follow(target: WorkerTarget): void
}

/** In a worker: asks what to run with. */
export async function askSupervisor(): Promise<Supervisor> {
  const orders: ReloadOrder[] = []
  let obey: (order: ReloadOrder) => void = (order) => void orders.push(order)
  const begin = await new Promise<ConfigAnswer>((resolve) => {
    process.on('message', (message: unknown) => {
      if (isConfigAnswer(message)) resolve(message)
      else if (isReloadOrder(message)) obey(message)
    })
    send({ walletgate: 'config?' })
  })
  return {
    begin,
    follow(target) {
      let prepared: { readonly id: number; readonly config: PreparedConfig } | null = null
      const act = async (order: ReloadOrder): Promise<void> => {
        if (order.step === 'prepare') {
          prepared = { id: order.id, config: await target.prepare(order.text) }
        } else if (prepared?.id === order.id) {
          const { config } = prepared
          prepared = null
          if (order.step === 'use') config.use(order.isRecorded)
          else config.discard()
        }
      }
      // One after the other: a step may take longer than its order waits.
      let last: Promise<void> = Promise.resolve()
      obey = (order) => {
        last = last
          .then(() => act(order))
          .then(
            () => answer(order, null),
            (error: unknown) => answer(order, describe(error)),
          )
      }
      for (const order of orders.splice(0)) obey(order)
    },
  }
}

function answer({ id, step }: ReloadOrder, problem: string | null): void {
  const done: ReloadDone = { walletgate: 'reloaded', id, step, problem }
  send(done)
}

/** What an error says may hold what it stumbled over; its name and reason are words of ours. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return 'reason' in error && typeof error.reason === 'string' ? `${error.name} ${error.reason}` : error.name
}

/** A supervisor that is gone asks nobody. */
function send(message: object): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

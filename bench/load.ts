import { Agent } from 'node:http'

/**
 * So many runs of an act by so many workers at a time, over connections that are kept. `turn` counts the runs of one worker.
 * Throws at the first that fails.
 */
export async function runMany(
  act: (agent: Agent, worker: number, turn: number) => Promise<unknown>,
  count: number,
  concurrency: number,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  let started = 0
  const work = async (_: unknown, worker: number) => {
    for (let turn = 0; started < count; turn += 1) {
      started += 1
      await act(agent, worker, turn)
    }
  }
  try {
    await Promise.all(Array.from({ length: concurrency }, work))
  } finally {
    agent.destroy()
  }
}

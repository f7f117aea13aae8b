import { Agent } from 'node:http'

/** So many runs of an act, so many at a time, over connections that are kept. Throws at the first that fails. */
export async function runMany(
  act: (agent: Agent, index: number) => Promise<unknown>,
  count: number,
  concurrency: number,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  let next = 0
  const worker = async () => {
    while (next < count) {
      next += 1
      await act(agent, next - 1)
    }
  }
  try {
    await Promise.all(Array.from({ length: concurrency }, worker))
  } finally {
    agent.destroy()
  }
}

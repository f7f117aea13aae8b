import { Cluster, type Redis } from 'ioredis'
import { AuthError } from '../../errors.ts'

/** How long replicas may take to say that they have a write, milliseconds: well within what one command may take. */
const WAIT_LIMIT_MS = 1_000

/** Where an act stands when it begins. */
export interface BarrierMark {
  readonly losses: number
  readonly nodes: readonly Redis[]
}

/**
 * Asks whether what was written has reached this many replicas of every node that may have taken it. Callers of one turn of the
 * event loop share a question, which holds up its connection for one round trip between Redis and its replicas.
 */
export class ReplicaBarrier {
  readonly #client: Redis | Cluster
  readonly #replicas: number
  #losses = 0
  #round: { readonly nodes: Set<Redis>; readonly done: Promise<void> } | null = null

  constructor(client: Redis | Cluster, replicas: number) {
    this.#client = client
    this.#replicas = replicas
    for (const event of ['close', '-node']) client.on(event, () => (this.#losses += 1))
  }

  mark(): BarrierMark {
    return { losses: this.#losses, nodes: this.#primaries() }
  }

  /**
   * Resolves when all that was written since the mark is on enough replicas.
   * @throws {AuthError} `store_unavailable`, reason `redis_unconfirmed`: it is written, and a failover may undo it
   */
  async confirm({ losses, nodes }: BarrierMark): Promise<void> {
    this.#round ??= this.#begin()
    for (const node of nodes) this.#round.nodes.add(node)
    await this.#round.done
    // WAIT speaks of its own connection: on one made since, it knows nothing of what was written before.
    if (losses !== this.#losses) throw unconfirmed()
  }

  #begin() {
    const nodes = new Set<Redis>()
    const done = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      this.#round = null
      // Nodes that came meanwhile may have taken a part of it.
      for (const node of this.#primaries()) nodes.add(node)
      await Promise.all(Array.from(nodes, (node) => this.#ask(node)))
    })
    return { nodes, done }
  }

  async #ask(node: Redis): Promise<void> {
    let confirmed: number
    try {
      confirmed = await node.wait(this.#replicas, WAIT_LIMIT_MS)
    } catch (error) {
      throw unconfirmed(error)
    }
    if (confirmed < this.#replicas) throw unconfirmed()
  }

  /** In a cluster no single key says which nodes an act has written to, so all are asked; those with nothing new answer at once. */
  #primaries(): readonly Redis[] {
    return this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client]
  }
}

function unconfirmed(cause?: unknown): AuthError {
  return new AuthError('store_unavailable', 'redis_unconfirmed', cause)
}

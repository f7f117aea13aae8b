import { Cluster, type Redis } from 'ioredis'
import { ReplicaWait, unconfirmed } from './replica-wait.ts'

/** Where an act stands when it begins. */
export interface BarrierMark {
  readonly losses: number
  readonly nodes: readonly Redis[]
}

/** Asks whether what was written has reached this many replicas of every node that may have taken it. */
export class ReplicaBarrier {
  readonly #client: Redis | Cluster
  readonly #replicas: number
  readonly #waits = new WeakMap<Redis, ReplicaWait>()
  #losses = 0

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
    // Nodes that came meanwhile may have taken a part of it.
    const all = new Set([...nodes, ...this.#primaries()])
    await Promise.all(Array.from(all, (node) => this.#waitOf(node).confirm()))
    // WAIT speaks of its own connection: on one made since, it knows nothing of what was written before.
    if (losses !== this.#losses) throw unconfirmed()
  }

  #waitOf(node: Redis): ReplicaWait {
    const known = this.#waits.get(node)
    if (known !== undefined) return known
    const wait = new ReplicaWait(node, this.#replicas)
    this.#waits.set(node, wait)
    return wait
  }

  /** In a cluster no single key says which nodes an act has written to, so all are asked; those with nothing new answer at once. */
  #primaries(): readonly Redis[] {
    return this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client]
  }
}

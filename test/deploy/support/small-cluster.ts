import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import type { Ending, Program } from '../../e2e/support/program.ts'

export interface Timing {
  readonly replicas: number
  /** Between a replica's becoming ready, or being told to go, and the balancer's hearing of it, milliseconds. */
  readonly lagMs: number
  readonly readinessPeriodMs: number
  /** A replica that is not ready by then never will be, milliseconds. */
  readonly startLimitMs: number
  /** What is still there so long after SIGTERM is killed, milliseconds. */
  readonly graceMs: number
}

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/**
 * What a cluster does with the pods of a Service, on one machine: connections, not requests, are spread over the replicas that the
 * balancer believes to be ready, as kube-proxy does it; it hears of changes late; connections that stand are left alone; one
 * that nobody accepts is reset.
 */
export class SmallCluster {
  readonly #server: Server
  readonly #timing: Timing
  readonly #ports = new Set<number>()
  readonly #endings: Promise<Ending>[] = []
  #next = 0

  private constructor(server: Server, timing: Timing) {
    this.#server = server
    this.#timing = timing
  }

  static async open(timing: Timing): Promise<SmallCluster> {
    const server = createServer({ allowHalfOpen: true })
    const cluster = new SmallCluster(server, timing)
    server.on('connection', (client) => {
      const upstream = connect({ port: cluster.#pick(), host: '127.0.0.1', allowHalfOpen: true })
      client.pipe(upstream).pipe(client)
      client.on('error', () => upstream.destroy())
      upstream.on('error', () => client.resetAndDestroy())
      client.on('close', () => upstream.destroy())
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return cluster
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Resolves when the replica is ready, which the balancer hears of a little later. */
  async join(program: Program): Promise<void> {
    const port = await program.port()
    const deadline = performance.now() + this.#timing.startLimitMs
    while (!(await isReady(port))) {
      if (performance.now() > deadline) throw new Error(`a replica did not become ready: ${program.stdout}`)
      await after(this.#timing.readinessPeriodMs)
    }
    // The first replicas have had time to become known.
    if (this.#ports.size < this.#timing.replicas) this.#ports.add(port)
    else void after(this.#timing.lagMs).then(() => this.#ports.add(port))
  }

  /** Tells a replica to go, as a cluster does that removes its pod: the signal first, the balancer a little later. */
  async remove(program: Program): Promise<void> {
    const port = await program.port()
    program.signal('SIGTERM')
    void after(this.#timing.lagMs).then(() => this.#ports.delete(port))
    const kill = setTimeout(() => program.signal('SIGKILL'), this.#timing.graceMs)
    this.#endings.push(program.ended.finally(() => clearTimeout(kill)))
  }

  /** How the replicas that were removed ended, when all of them have. */
  endings(): Promise<readonly Ending[]> {
    return Promise.all(this.#endings)
  }

  close(): void {
    this.#server.close()
  }

  #pick(): number {
    const ports = [...this.#ports]
    this.#next += 1
    return ports[this.#next % ports.length] ?? 0
  }
}

async function isReady(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`, { headers: { connection: 'close' } })
  await response.arrayBuffer()
  return response.ok
}

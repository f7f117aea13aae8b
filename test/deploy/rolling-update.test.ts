import { randomBytes } from 'node:crypto'
import { Agent } from 'node:http'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { type Flow, fourMicaSignIn, moonKeySignIn, walletKitSignIn } from '../../bench/flows.ts'
import { benchSettings } from '../../bench/settings.ts'
import { createEthereumWallet, createSolanaWallet } from '../../bench/wallet.ts'
import { posterThrough } from '../e2e/support/agent-poster.ts'
import { useProgram } from '../e2e/support/fixture.ts'
import type { Program } from '../e2e/support/program.ts'
import { SmallCluster } from './support/small-cluster.ts'
import { readDeployment } from './support/workloads.ts'

/** How late the nodes of a cluster that is not quick hear that a pod goes, milliseconds. */
const LAG_MS = 2_000

const FLOWS = { fourMicaSignIn, moonKeySignIn, walletKitSignIn }
type FlowName = keyof typeof FLOWS

/** Signs in again and again until it is told to stop, over one kept-alive connection or over a new one for each request. */
class Client {
  signIns = 0
  readonly failures: string[] = []
  readonly #agent: Agent
  readonly #flow: Flow
  #isDone = false

  constructor(flow: FlowName, keepAlive: boolean) {
    this.#flow = FLOWS[flow]
    this.#agent = new Agent({ keepAlive, maxSockets: 1 })
  }

  async run(port: number): Promise<void> {
    while (!this.#isDone) {
      const key = randomBytes(32)
      const isSolana = this.#flow !== fourMicaSignIn && this.signIns % 2 === 1
      const wallet = isSolana ? createSolanaWallet(key) : createEthereumWallet(key)
      try {
        await this.#flow(posterThrough(this.#agent, port), wallet)
        this.signIns += 1
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error))
      }
    }
    this.#agent.destroy()
  }

  stop(): void {
    this.#isDone = true
  }
}

describe('a rolling update under load', () => {
  const { minReplicas, spec } = readDeployment()
  const pod = spec.template.spec
  const [container] = pod.containers
  const drainDelay = container.env.find(({ name }) => name === 'DRAIN_DELAY_SECS')?.value ?? '0'
  const { run } = useProgram()
  let cluster: SmallCluster
  beforeEach(async () => {
    cluster = await SmallCluster.open({
      replicas: minReplicas,
      lagMs: LAG_MS,
      readinessPeriodMs: container.readinessProbe.periodSeconds * 1000,
      startLimitMs: container.startupProbe.periodSeconds * container.startupProbe.failureThreshold * 1000,
      graceMs: pod.terminationGracePeriodSeconds * 1000,
    })
  })
  afterEach(() => cluster.close())

  /** Replaces every replica while clients sign in, through every dialect and over both kinds of connection. */
  async function rollOut(changes: Readonly<Record<string, string>>) {
    const env = {
      ...benchSettings({ kind: 'redis', url: inject('redisUrl') }),
      PORT: '0',
      PUBLIC_URL: 'https://auth.example.test',
      ...changes,
    }
    const old = Array.from({ length: minReplicas }, () => run(env))
    await Promise.all(old.map((program) => cluster.join(program)))
    const clients = (Object.keys(FLOWS) as FlowName[]).flatMap((flow) =>
      [true, false].map((keepAlive) => ({ flow, keepAlive, client: new Client(flow, keepAlive) })),
    )
    const load = Promise.all(clients.map(({ client }) => client.run(cluster.port)))
    for (const program of old) {
      // maxSurge 1, maxUnavailable 0: the next one is ready before this one is told to go. How it ends nobody waits for.
      await cluster.join(run(env))
      await cluster.remove(program)
    }
    const endings = await cluster.endings()
    for (const { client } of clients) client.stop()
    await load
    return { clients, old, endings }
  }
  const servedAfterSignal = ({ logs }: Program) =>
    logs
      .slice(logs.findIndex(({ msg }) => msg === 'stopping'))
      .filter(({ msg, status }) => msg === 'answered' && status === 200)

  it('loses no request, on kept-alive connections and new ones, with the numbers of the manifest', async () => {
    expect(spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } })
    expect(minReplicas).toBe(2)
    const { clients, old, endings } = await rollOut({ DRAIN_DELAY_SECS: drainDelay })
    for (const { flow, keepAlive, client } of clients) {
      expect([flow, keepAlive, client.failures]).toEqual([flow, keepAlive, []])
      expect(client.signIns).toBeGreaterThan(0)
    }
    // They ended by themselves, and were needed until the balancer had heard.
    expect(endings).toEqual(old.map(() => ({ code: 0, signal: null })))
    for (const program of old) expect(servedAfterSignal(program)).not.toEqual([])
  }, 60_000)

  it('would lose requests without the drain delay', async () => {
    const { clients } = await rollOut({ DRAIN_DELAY_SECS: '0' })
    expect(clients.flatMap(({ client }) => client.failures)).not.toEqual([])
  }, 60_000)
})

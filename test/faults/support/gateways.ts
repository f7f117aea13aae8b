import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { replicaEnv } from '../../e2e/support/fixture.ts'
import { type Env, Program } from '../../e2e/support/program.ts'
import { type Build, buildProgram } from '../../support/build.ts'
import { until } from '../../support/redis-server.ts'
import type { Credentials } from './dialect-clients.ts'
import { Workload } from './workload.ts'

export interface Gateways {
  readonly programs: readonly Program[]
  readonly ports: readonly number[]
  readonly credentials: Credentials
  /** Clients at work, who have been answered. They stop when the test ends. */
  work(clients?: number, ports?: readonly number[]): Promise<Workload>
  /** Resolves when every one of them says that it is ready. */
  ready(): Promise<void>
}

interface StartOptions {
  readonly count?: number
  readonly isBroken?: boolean
  /** What each has in its environment besides. */
  readonly each?: readonly Env[]
}

interface FaultFixture {
  /** So many processes of one service, ready to serve unless something is broken from the start. */
  start(env: Env, options?: StartOptions): Promise<Gateways>
  /** Does this at the end, last things first. */
  cleanUp(act: () => unknown): void
}

/** Time for a store's return to be noticed: within seconds, and nobody restarts anything. */
const READY_LIMIT_MS = 10_000

/** Real processes, and what a test of them leaves behind. They last for a test, or for all tests of a file. */
export function useGateways(scope: 'test' | 'file' = 'test'): FaultFixture {
  let build: Build
  const cleanUps: (() => unknown)[] = []
  const workloads = new Set<Workload>()
  const endWork = async () => {
    for (const workload of workloads) await workload.end()
    workloads.clear()
  }
  const cleanAll = async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  }
  beforeAll(async () => {
    build = await buildProgram()
  })
  afterEach(async () => {
    await endWork()
    if (scope === 'test') await cleanAll()
  })
  afterAll(async () => {
    await cleanAll()
    await build.remove()
  })
  return {
    cleanUp: (act) => void cleanUps.push(act),
    async start(given, { count = 2, isBroken = false, each = Array.from({ length: count }, () => ({})) } = {}) {
      const env: Env & { readonly PROJECT_ID: string } = {
        ...replicaEnv('redis://unused.example.test'),
        RATE_LIMITS: 'off',
        LOG_LEVEL: 'error',
        PROJECT_ID: `faults-${randomUUID()}`,
        ...given,
      }
      const programs = each.map((own) => new Program(build.entry, { ...env, ...own }))
      cleanUps.push(() => Promise.all(programs.map((program) => program.stop())))
      const ports = await Promise.all(programs.map((program) => program.port()))
      const credentials = { projectId: env.PROJECT_ID, secretKey: env['PROJECT_SECRET_KEY'] ?? '' }
      const ready = async () => {
        const isReady = async () => (await Promise.all(ports.map(readiness))).every((status) => status === 200)
        await until(isReady, 'the store is there, and somebody is not ready', READY_LIMIT_MS).catch((error) => {
          throw new Error(`${error}: ${programs.map(({ stdout }) => stdout.slice(-1_000)).join('\n')}`)
        })
      }
      if (!isBroken) await ready()
      return {
        programs,
        ports,
        credentials,
        ready,
        async work(clients, own = ports) {
          const workload = await Workload.begin(own, credentials, clients)
          workloads.add(workload)
          return workload
        },
      }
    },
  }
}

/** The status of `/readyz`. */
export async function readiness(port: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`)
  await response.arrayBuffer()
  return response.status
}

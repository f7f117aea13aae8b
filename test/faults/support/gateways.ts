import { randomUUID } from 'node:crypto'
import { afterEach, expect } from 'vitest'
import { replicaEnv, useProgram } from '../../e2e/support/fixture.ts'
import type { Env, Program } from '../../e2e/support/program.ts'
import type { Credentials } from './dialect-clients.ts'
import { Workload } from './workload.ts'

export interface Gateways {
  readonly programs: readonly Program[]
  readonly ports: readonly number[]
  readonly credentials: Credentials
  /** Clients at work, who have been answered. */
  work(clients?: number): Promise<Workload>
  /** Resolves when every one of them says that it is ready. */
  ready(): Promise<void>
}

interface FaultFixture {
  /** So many processes of one service, ready to serve unless `isBroken` from the start. */
  start(env: Env, options?: { readonly count?: number; readonly isBroken?: boolean }): Promise<Gateways>
  /** Does this when the test ends, last things first. */
  cleanUp(act: () => unknown): void
}

/** Time for a store's return to be noticed: within seconds, and nobody restarts anything. */
const READY_LIMIT_MS = 10_000

/** Real processes, and what a test of them leaves behind. */
export function useGateways(): FaultFixture {
  const { run } = useProgram()
  const cleanUps: (() => unknown)[] = []
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  })
  return {
    cleanUp: (act) => void cleanUps.push(act),
    async start(given, { count = 2, isBroken = false } = {}) {
      const env = {
        ...replicaEnv('redis://unused.example.test'),
        RATE_LIMITS: 'off',
        LOG_LEVEL: 'error',
        PROJECT_ID: `faults-${randomUUID()}`,
        ...given,
      }
      const programs = Array.from({ length: count }, () => run(env))
      const ports = await Promise.all(programs.map((program) => program.port()))
      const credentials = { projectId: env.PROJECT_ID, secretKey: env.PROJECT_SECRET_KEY ?? '' }
      const ready = async () => {
        for (const port of ports) {
          await expect.poll(() => readiness(port), { timeout: READY_LIMIT_MS, interval: 50 }).toBe(200)
        }
      }
      if (!isBroken) await ready()
      return {
        programs,
        ports,
        credentials,
        ready,
        async work(clients) {
          const workload = await Workload.begin(ports, credentials, clients)
          cleanUps.push(async () => {
            await workload.end()
            workload.caller.close()
          })
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

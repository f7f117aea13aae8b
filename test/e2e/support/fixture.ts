import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { type Build, buildProgram } from '../../support/build.ts'
import { type Env, Program } from './program.ts'

export interface ProgramFixture {
  /** Runs the program; it is stopped when the test ends. */
  run(env: Env, ...args: string[]): Program
  /** The path of the built program, for a test that runs it by other means. */
  entry(): string
}

/** The built program for the tests of one file. */
export function useProgram(): ProgramFixture {
  let build: Build
  const running = new Set<Program>()
  beforeAll(async () => {
    build = await buildProgram()
  })
  afterEach(async () => {
    await Promise.all([...running].map((program) => program.stop()))
    running.clear()
  })
  afterAll(() => build.remove())
  return {
    run(env, ...args) {
      const program = new Program(build.entry, env, args)
      running.add(program)
      return program
    },
    entry: () => build.entry,
  }
}

/** The settings of replicas: any free port, one Redis, one project that no other test uses, one public name. */
export function replicaEnv(redisUrl: string): Env {
  return {
    PORT: '0',
    REDIS_URL: redisUrl,
    PUBLIC_URL: 'https://auth.example.test',
    PROJECT_ID: `e2e-${randomUUID()}`,
    WALLETGATE_SECRET: randomBytes(32).toString('hex'),
    PROJECT_SECRET_KEY: `sk_live_${randomBytes(24).toString('hex')}`,
    AUTH_JWT_SECRET: randomBytes(32).toString('hex'),
  }
}

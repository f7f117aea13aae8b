import type { TestProject } from 'vitest/node'
import { findChromium } from './find-chromium.ts'
import { startRedisServer } from './redis-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The Redis of this run; tests are kept apart by project ids. */
    redisUrl: string
  }
}

/** One Redis for the whole run: our own, or the one TEST_REDIS_URL names. Tests that stop a Redis start one themselves. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  bringChromium()
  const given = process.env['TEST_REDIS_URL']
  if (given !== undefined && given !== '') {
    project.provide('redisUrl', given)
    return async () => {}
  }
  const redis = await startRedisServer()
  project.provide('redisUrl', redis.url)
  return () => redis.stop()
}

/** Installed now, where it is missing and may be: a test that waited for it would run out of time. */
function bringChromium(): void {
  try {
    findChromium()
  } catch {
    // The tests that need one say so themselves.
  }
}

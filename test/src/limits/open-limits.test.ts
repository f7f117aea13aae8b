import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { LIMITS } from '../../../src/limits/cost-classes.ts'
import type { Limiter } from '../../../src/limits/limiter.ts'
import { openLimits } from '../../../src/limits/open-limits.ts'
import { TestClock } from '../../support/clock.ts'

it('limits that change while the server runs forget nobody’s count', async () => {
  const report = (error: unknown) => {
    throw error
  }
  const limits = openLimits({ clock: new TestClock(), windows: null, secrets: [randomBytes(32)], report })
  const caller = { network: '192.0.2.1', projectId: 'demo', isServer: false }
  const points = LIMITS.signup.address?.points ?? 0
  const ask = (limiter: Limiter | null) => limiter?.charge('signup', caller, null) ?? null
  const askUntilRefused = async (limiter: Limiter | null) => {
    for (let granted = 0; granted <= 10 * points; granted += 1) if ((await ask(limiter)) !== null) return granted
    throw new Error('nobody was refused')
  }
  expect(await askUntilRefused(limits('on'))).toBe(points)
  expect(await askUntilRefused(limits(3))).toBe(2 * points)
  expect(limits('off')).toBeNull()
  expect(await ask(limits('on'))).toMatchObject({ reason: 'signup_per_address' })
})

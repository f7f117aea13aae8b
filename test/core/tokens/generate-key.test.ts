import { expect, it } from 'vitest'
import { generateKey } from '../../../core/tokens/generate-key.ts'
import { TestClock } from '../../support/clock.ts'
import { random } from './fixtures.ts'

it('never names a key so that a command would take it for an option', async () => {
  const clock = new TestClock()
  const keys = await Promise.all(Array.from({ length: 600 }, () => generateKey({ clock, random }, 'walletkit')))
  expect(keys.filter(({ keyId }) => keyId.startsWith('-'))).toEqual([])
})

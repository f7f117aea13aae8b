import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fuzzBudget } from '../../support/fuzz-budget.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { type FourMicaDoor, openDoor } from './door.ts'

const FIELDS = ['address', 'message', 'signature', 'refresh_token', 'nonce', '__proto__']

describe.each(STORES)('4mica and whatever is sent, on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: FourMicaDoor
  /** Values that are right somewhere, to get past the first checks. */
  let plausible: unknown[]
  beforeAll(async () => {
    door = await openDoor(stores)
    const proof = await door.prove(newEthereumWallet())
    const tokens = await door.signIn()
    plausible = [...Object.values(proof), tokens.refresh_token, tokens.access_token, `${proof.message}\n`]
  })
  afterAll(() => stores.close())

  it.each(['/auth/nonce', '/auth/verify', '/auth/refresh', '/auth/logout'])(
    '4MICA-03: %s answers any body with a declared answer below 500',
    async (path) => {
      const value = fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...plausible) },
        { weight: 1, arbitrary: fc.jsonValue() },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
      )
      const body = fc.oneof(
        { weight: 4, arbitrary: fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: 5 }) },
        { weight: 1, arbitrary: fc.jsonValue() },
      )
      await fc.assert(
        fc.asyncProperty(body, async (given) => {
          expect((await door.post(path, given)).status).toBeLessThan(500)
        }),
        fuzzBudget(120),
      )
    },
  )
})

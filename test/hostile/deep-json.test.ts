import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MoonKeyDoor, openDoor, refusalOf, USERS } from '../adapters/moonkey/door.ts'
import { newEmail } from '../adapters/moonkey/endpoints.ts'
import { openStoresForTests, STORES } from '../support/gateway.ts'

/**
 * Metadata with so many levels, as JSON. Written by hand: `JSON.stringify` runs out of stack, which is the attack. What can still be stored then
 * breaks every list its user is in.
 */
const metadataOf = (levels: number, [open, close]: readonly [string, string]) =>
  `{"metadata":{"a":${open.repeat(levels - 1)}0${close.repeat(levels - 1)}}}`
const LISTS = ['[', ']'] as const
const OBJECTS = ['{"b":', '}'] as const

describe.each(STORES)('metadata that is nested too deep, on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  const update = (userId: string, body: string) =>
    door.call(`${USERS}/${userId}/update`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body })

  it.each([33, 1_000, 2_400, 2_700, 3_000, 5_000, 8_000])('%i levels are 400, and break no list', async (levels) => {
    const { user_id: userId } = await door.createUser({ email: newEmail() })
    for (const brackets of [LISTS, OBJECTS]) {
      const answer = await update(userId, metadataOf(levels, brackets))
      expect(refusalOf(answer)).toBe('400 invalid_request')
      expect(answer.text).toContain('metadata: nested deeper than 32 levels')
    }
    expect((await door.user(userId)).metadata).toEqual({})
    expect((await door.post(`${USERS}/search`, {})).status).toBe(200)
  })

  it('32 levels are kept, and merged with more of them', async () => {
    const { user_id: userId } = await door.createUser({ email: newEmail() })
    for (const brackets of [LISTS, OBJECTS]) expect((await update(userId, metadataOf(32, brackets))).status).toBe(200)
    expect((await update(userId, '{"metadata":{"b":[[]]}}')).status).toBe(200)
    expect(JSON.stringify((await door.user(userId)).metadata)).toContain('"b":[[]]')
  })
})

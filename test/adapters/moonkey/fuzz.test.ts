import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JSON_TYPE } from '../../support/api-client.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ethereumSigner, solanaSigner } from '../../support/signers.ts'
import { type MoonKeyDoor, openDoor } from './door.ts'
import { ENDPOINTS, keyHeader } from './endpoints.ts'

const FIELDS = [
  'wallet_type',
  'public_address',
  'user_id',
  'signature',
  'siwe_challenge',
  'session_expires_in',
  'session_token',
  'session_jwt',
  'session_id',
  'device_fingerprint',
  'email',
  'phone_number',
  'emails',
  'phone_numbers',
  'first_name',
  'metadata',
  'replace_metadata',
  'include_user',
  'limit',
  'starting_after',
  'filters',
]

describe.each(STORES)('MoonKey and whatever is sent, on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  /** Values that are right somewhere, to get past the first checks. */
  let plausible: unknown[]
  beforeAll(async () => {
    door = await openDoor(stores)
    const [eth, sol] = [ethereumSigner(), solanaSigner()]
    const trio = await door.openSession(eth)
    const message = await door.proveBySiwe(sol)
    plausible = [
      'ETH',
      'solana',
      eth.address,
      sol.address,
      trio.session.user_id,
      trio.session.id,
      trio.session_token,
      trio.session_jwt,
      message.siwe_challenge,
      message.signature,
      await eth.sign('x'),
      60,
      'ada@example.test',
      '+14152222222',
      [{ email: 'ada@example.test' }],
      { user_agent: 'x', ip: 'y' },
      { operator: 'OR', fields: [{ field: 'email_match', operator: 'in', values: ['a'] }] },
    ]
  })
  afterAll(() => stores.close())

  it.each(Object.entries(ENDPOINTS))(
    'MOON-02: %s answers any body and path with a declared answer below 500',
    async (name, endpoint) => {
      const value = fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...plausible) },
        { weight: 1, arbitrary: fc.jsonValue() },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
      )
      const body = fc.oneof(
        { weight: 4, arbitrary: fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: 8 }) },
        { weight: 1, arbitrary: fc.jsonValue() },
      )
      const segment = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 })
      await fc.assert(
        fc.asyncProperty(body, segment, async (given, id) => {
          // `.` and `..` are no segments (WHATWG URL §4.4).
          const encoded = encodeURIComponent(id.replace(/^\.+$/, 'x'))
          const path = `/v1/auth/${name.replace(/\{\w+\}/, encoded)}`
          const { status } = await door.send(path, {
            method: endpoint.method,
            headers: { ...JSON_TYPE, ...keyHeader(door, endpoint), 'x-streambird-session-token': 'x' },
            body: endpoint.method === 'GET' ? null : JSON.stringify(given),
          })
          expect(status).toBeLessThan(500)
        }),
        fuzzBudget(120),
      )
    },
  )
})

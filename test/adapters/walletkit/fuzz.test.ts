import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JSON_TYPE } from '../../support/api-client.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ethereumSigner, solanaSigner } from '../../support/signers.ts'
import { openDoor, PROJECT_HEADER, type WalletKitDoor } from './door.ts'
import { ENDPOINTS } from './endpoints.ts'

const FIELDS = [
  'sign_in_wallet',
  'email',
  'user_id',
  'verification_code',
  'siwe_message',
  'signature',
  'session_challenge_code',
  'passkey_credential_assertion_response',
  'session_id',
  'refresh_token',
  'id',
  'rawId',
  'type',
  'response',
  'clientDataJSON',
  'attestationObject',
]

describe.each(STORES)('WalletKit and whatever is sent, on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: WalletKitDoor
  let close: () => Promise<void>
  /** Values that are right somewhere, to get past the first checks. */
  let plausible: unknown[]
  let bearers: readonly string[]
  beforeAll(async () => {
    ;({ door, close } = await openDoor(store, stores))
    const [eth, sol] = [ethereumSigner(), solanaSigner()]
    const session = await door.signInByWallet(eth)
    const authenticator = await door.addPasskey(session)
    const proof = await door.prove(sol)
    const code = await door.mailedCode()
    const { challenge, link } = await door.mailedLink()
    const assertion = await door.assert(authenticator)
    bearers = [`Bearer ${session.access_token}`, 'Bearer x', '', `Bearer ${session.refresh_token}`]
    plausible = [
      eth.address,
      sol.address,
      session.id,
      session.user_id,
      session.refresh_token,
      session.access_token,
      proof.siwe_message,
      proof.signature,
      code.user_id,
      code.verification_code,
      challenge.code,
      challenge.id,
      link.searchParams.get('token'),
      assertion,
      assertion.response,
      assertion.id,
      'public-key',
      'ada@example.test',
      'ADA@Example.TEST ',
      '000000',
    ]
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  const value = () =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...plausible) },
      { weight: 1, arbitrary: fc.jsonValue() },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
    )
  const body = () =>
    fc.oneof(
      { weight: 5, arbitrary: fc.dictionary(fc.constantFrom(...FIELDS), value(), { maxKeys: 6 }) },
      { weight: 1, arbitrary: fc.jsonValue() },
    )

  it.each(Object.entries(ENDPOINTS))(
    'WK-04: %s answers any body, bearer and query with a declared answer below 500 that walletkit-js decodes',
    async (_, endpoint) => {
      await fc.assert(
        fc.asyncProperty(
          body(),
          fc.constantFrom(...bearers),
          fc.string({ unit: 'binary', maxLength: 40 }),
          async (given, authorization, query) => {
            const { status } = await door.send(`${endpoint.path}?code=${encodeURIComponent(query)}`, {
              method: endpoint.method,
              headers: {
                ...JSON_TYPE,
                [PROJECT_HEADER]: door.projectId,
                ...(authorization === '' ? {} : { authorization }),
              },
              body: endpoint.method === 'GET' ? null : JSON.stringify(given),
            })
            expect(status).toBeLessThan(500)
          },
        ),
        fuzzBudget(120),
      )
    },
  )

  it('WK-53: the magic link’s page answers any query and form below 500, as a page', async () => {
    const text = fc.oneof(
      fc.constantFrom(door.projectId, String(plausible[12]), 'x', ''),
      fc.string({ unit: 'binary', maxLength: 80 }),
    )
    await fc.assert(
      fc.asyncProperty(text, text, text, async (project, token, name) => {
        const form = new URLSearchParams({ project, token, [name]: token }).toString()
        expect((await door.visitor.visit(`/users/magic-link?${form}`)).status).toBeLessThan(500)
        const encoded = encodeURIComponent(name)
        expect((await door.visitor.send('/users/magic-link', `${form}&${encoded}`)).status).toBeLessThan(500)
        expect((await door.visitor.send('/users/magic-link', name)).status).toBeLessThan(500)
      }),
      fuzzBudget(120),
    )
  })
})

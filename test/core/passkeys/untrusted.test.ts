import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { decodeBase64Url } from '../../../core/passkeys/base64url.ts'
import { PASSKEY_REFUSALS } from '../../../core/passkeys/passkey-refusals.ts'
import { cborMap, createAuthenticator, encodeCbor } from '../../support/authenticator.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'
import { ORIGIN } from '../../support/origin.ts'
import { openPasskeyParts, type PasskeyParts } from './parts.ts'

/** Whatever a client sends: a refusal with a word of ours, and nothing else. */
async function expectRefusal(act: Promise<unknown>): Promise<void> {
  const error: unknown = await act.then(
    () => 'accepted',
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof AuthError)) throw error
  expect(error.code).toBe('passkey_unusable')
  expect(PASSKEY_REFUSALS).toContain(error.reason)
  expect(error.cause).toBeUndefined()
}

describe('what a stranger sends', () => {
  let parts: PasskeyParts
  beforeAll(() => {
    parts = openPasskeyParts('memory')
  })
  afterAll(() => parts.close())

  it('is refused as a registration and as a sign-in, whatever JSON it is', async () => {
    const user = await parts.newUser()
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        await expectRefusal(parts.finish(user.id, value))
        await expectRefusal(parts.signIn(value))
      }),
      fuzzBudget(300),
    )
  })

  it('is refused with any of its members replaced by any JSON', async () => {
    const { user, authenticator } = await parts.enrol()
    const made = createAuthenticator().create(await parts.begin(user.id), ORIGIN)
    const used = authenticator.get(await parts.beginLogin(), ORIGIN)
    const outer = fc.constantFrom('type', 'id', 'rawId', 'response')
    const inner = fc.constantFrom('clientDataJSON', 'attestationObject', 'authenticatorData', 'signature')
    await fc.assert(
      fc.asyncProperty(outer, inner, fc.jsonValue(), async (name, member, value) => {
        await expectRefusal(parts.finish(user.id, { ...made, [name]: value }))
        await expectRefusal(parts.signIn({ ...used, [name]: value }))
        for (const [answer, send] of [
          [made, (response: unknown) => parts.finish(user.id, response)],
          [used, (response: unknown) => parts.signIn(response)],
        ] as const) {
          if (member in answer.response) {
            await expectRefusal(send({ ...answer, response: { ...answer.response, [member]: value } }))
          }
        }
      }),
      fuzzBudget(200),
    )
  })

  it('is refused with any bytes for an attestation object, authenticator data or a signature', async () => {
    const { user, authenticator } = await parts.enrol()
    const options = await parts.begin(user.id)
    const login = await parts.beginLogin()
    const bytes = fc.uint8Array({ maxLength: 400 })
    await fc.assert(
      fc.asyncProperty(bytes, async (random) => {
        const software = createAuthenticator({ algorithm: 'eddsa' })
        const create = (attestationObject: Uint8Array) =>
          parts.finish(user.id, software.create(options, ORIGIN, { attestationObject }))
        await expectRefusal(create(random))
        // Well-formed outside, anything inside.
        await expectRefusal(create(encodeCbor(cborMap(['fmt', 'none'], ['attStmt', cborMap()], ['authData', random]))))
        const made = software.create(options, ORIGIN, { trailing: random })
        if (random.length > 0) await expectRefusal(parts.finish(user.id, made))
        await expectRefusal(parts.signIn(authenticator.get(login, ORIGIN, { signature: random })))
        if (random.length > 0) await expectRefusal(parts.signIn(authenticator.get(login, ORIGIN, { trailing: random })))
      }),
      fuzzBudget(300),
    )
  })

  it('is refused with any bytes where the credential’s key should be', async () => {
    const user = await parts.newUser()
    const options = await parts.begin(user.id)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (random) => {
        const made = createAuthenticator({ algorithm: 'eddsa' }).create(options, ORIGIN)
        const object = Buffer.from(String(made.response['attestationObject']), 'base64url')
        // An Ed25519 key takes the last 42 bytes.
        const attestationObject = Buffer.concat([object.subarray(0, -42), random]).toString('base64url')
        await expectRefusal(parts.finish(user.id, { ...made, response: { ...made.response, attestationObject } }))
      }),
      fuzzBudget(200),
    )
  })

  it('is refused, or registered as what it says, with anything else in any place of an attestation object', async () => {
    const software = createAuthenticator({ algorithm: 'eddsa' })
    // Heads of CBOR items: lists, maps, texts and bytes of any length, tags, floats, breaks (RFC 8949 §3).
    const heads = fc.constantFrom(
      ...[0x9b, 0xbb, 0x5b, 0x7b, 0x9f, 0xbf, 0x5f, 0x7f, 0xc0, 0xdb, 0xf9, 0xfb, 0xff, 0x81, 0xa1],
    )
    const strange = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.tuple(heads, fc.uint8Array({ maxLength: 9 })).map(([head, rest]) => Uint8Array.of(head, ...rest)),
      heads.map((head) => Uint8Array.of(head, ...new Uint8Array(8).fill(0xff))),
    )
    let refused = 0
    await fc.assert(
      fc.asyncProperty(fc.nat(), strange, fc.nat(12), async (place, inserted, removed) => {
        const user = await parts.newUser()
        const made = software.create(await parts.begin(user.id), ORIGIN)
        const good = Buffer.from(String(made.response['attestationObject']), 'base64url')
        const at = place % (good.length + 1)
        const attestationObject = Buffer.concat([good.subarray(0, at), inserted, good.subarray(at + removed)])
        const response = { ...made.response, attestationObject: attestationObject.toString('base64url') }
        const finishing = parts.finish(user.id, { ...made, response })
        // Nobody signs an attestation object of format `none`: a changed model of authenticator is one of another model.
        const isTaken = await finishing.then(
          () => true,
          () => false,
        )
        if (isTaken) return
        refused += 1
        await expectRefusal(finishing)
      }),
      fuzzBudget(400),
    )
    expect(refused).toBeGreaterThan(50)
  })

  it.each([
    ['lists in lists', 0x81],
    ['maps in maps', 0xa1],
    ['tags of tags', 0xc0],
    ['endless lists in endless lists', 0x9f],
    ['endless texts', 0x7f],
  ])('is refused with %s, 40,000 deep, in no time', async (_, head) => {
    const user = await parts.newUser()
    const options = await parts.begin(user.id)
    const deep = Buffer.alloc(40_000, head)
    const inStatement = Buffer.concat([Buffer.from('a363666d74646e6f6e656761747453746d74', 'hex'), deep])
    const startedAt = performance.now()
    for (const attestationObject of [deep, inStatement]) {
      await expectRefusal(parts.finish(user.id, createAuthenticator().create(options, ORIGIN, { attestationObject })))
    }
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it('has one spelling as base64url, padded or not, and a length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64url')
        const padded = text.padEnd(Math.ceil(text.length / 4) * 4, '=')
        expect(decodeBase64Url(text, 100)).toEqual(Buffer.from(bytes))
        expect(decodeBase64Url(padded, 100)).toEqual(Buffer.from(bytes))
        if (bytes.length > 0) expect(decodeBase64Url(text, bytes.length - 1)).toBeNull()
      }),
      fuzzBudget(100),
    )
    for (const text of ['A', 'AB', 'AA=', 'AAA==', '=', '==', 'A A=', 'AA==\n', 'AA+A', 'AA/A', 'ÄAAA', 'AA==AA==']) {
      expect(decodeBase64Url(text, 100)).toBeNull()
    }
    for (const value of [undefined, null, 7, {}, ['AAAA'], Buffer.from('AAAA')]) {
      expect(decodeBase64Url(value, 100)).toBeNull()
    }
  })
})

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { draftContact, draftWallet } from '../../../core/identities/draft.ts'
import type { User } from '../../../core/identities/identity.ts'
import {
  type AttestationJson,
  type AttestationLies,
  type Cbor,
  cborMap,
  createAuthenticator,
  encodeCbor,
} from '../../support/authenticator.ts'
import { STORES } from '../../support/gateway.ts'
import { ORIGIN } from '../../support/origin.ts'
import { LOGIN, OTHER_ORIGIN, openPasskeyParts, type PasskeyParts, REGISTRATION, RP_ID, refusalOf } from './parts.ts'

describe.each(STORES)('registering a passkey, in %s', (store) => {
  let parts: PasskeyParts
  beforeAll(() => {
    parts = openPasskeyParts(store)
  })
  afterAll(() => parts.close())

  /** Registers with lies about the answer. */
  const attempt = async (lies: AttestationLies, origin = ORIGIN) => {
    const user = await parts.newUser()
    const response = createAuthenticator().create(await parts.begin(user.id), origin, lies)
    return refusalOf(parts.finish(user.id, response))
  }
  const passkeysOf = (user: User) => parts.stores.identities.listCredentials(parts.projectId, user.id)

  describe('the options', () => {
    it('are those of WebAuthn §5.4, without a null and without what there is nothing to say about', async () => {
      const user = await parts.newUser({ name: { first: 'Ada', middle: '', last: 'Lovelace' } })
      const options = await parts.begin(user.id)
      expect(options).toEqual({
        rp: { name: 'My App' },
        user: {
          id: Buffer.from(user.id, 'utf8').toString('base64url'),
          name: `Account ${user.id.slice(-6)}`,
          displayName: 'Ada Lovelace',
        },
        challenge: expect.stringMatching(/^[\w-]{43}$/),
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
        timeout: 300_000,
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'preferred' },
        attestation: 'none',
      })
      expect(JSON.stringify(options)).not.toContain('null')
      expect((await parts.begin(user.id)).challenge).not.toBe(options.challenge)
    })

    it('name the project’s RP id where it has one', async () => {
      const user = await parts.newUser()
      expect((await parts.begin(user.id, { rpId: 'example.test' })).rp).toEqual({ name: 'My App', id: 'example.test' })
    })

    it('call a user by what was proved: an address, else a wallet, and nothing that was only entered', async () => {
      const user = await parts.newUser()
      const now = parts.clock.now()
      const random = parts.ports.random
      const account = { namespace: 'eip155', address: `0x${randomBytes(20).toString('hex')}`, chain: null } as const
      const entered = draftContact(user, 'email', `entered-${user.id}@example.test`.toLowerCase(), now, random)
      const phone = { ...draftContact(user, 'phone', '+49301234567', now, random), verifiedAt: now }
      const wallet = draftWallet(user, account, { verifiedAt: now, access: null }, now, random)
      const email = `ada-${user.id}@example.test`.toLowerCase()
      const proved = { ...draftContact(user, 'email', email, now, random), verifiedAt: now }
      for (const [credential, name] of [
        [entered, `Account ${user.id.slice(-6)}`],
        [phone, `Account ${user.id.slice(-6)}`],
        [wallet, `${account.address.slice(0, 6)}…${account.address.slice(-4)}`],
        [proved, email],
      ] as const) {
        await parts.stores.identities.claim(credential, user)
        expect((await parts.begin(user.id)).user).toMatchObject({ name, displayName: name })
      }
    })

    it('hash an id that is longer than a user handle may be', async () => {
      for (const [id, handle] of [
        ['ü'.repeat(32), Buffer.from('ü'.repeat(32))],
        [
          `${'ü'.repeat(32)}x`,
          createHash('sha256')
            .update(`${'ü'.repeat(32)}x`)
            .digest(),
        ],
      ] as const) {
        const user = await parts.newUser({ id })
        expect((await parts.begin(user.id)).user.id).toBe(handle.toString('base64url'))
      }
    })

    it('exclude the passkeys the user has, with their transports where they are known', async () => {
      const { user, passkey } = await parts.enrol()
      const second = createAuthenticator().create(await parts.begin(user.id), ORIGIN, { transports: [] })
      parts.clock.advance(1)
      await parts.finish(user.id, second)
      expect((await parts.begin(user.id)).excludeCredentials).toEqual([
        { type: 'public-key', id: passkey.credentialId, transports: ['hybrid', 'internal'] },
        { type: 'public-key', id: second.id },
      ])
    })

    it('are refused for a user who is not there', async () => {
      expect(await refusalOf(parts.begin('user_unknown'))).toBe('user_unknown')
    })
  })

  describe('the answer', () => {
    it.each(['es256', 'eddsa', 'rs256'] as const)(
      'makes a passkey of a key for %s, and an active user',
      async (algorithm) => {
        const { user, passkey, authenticator } = await parts.enrol({ algorithm })
        const now = parts.clock.now()
        expect(passkey).toEqual({
          kind: 'passkey',
          id: expect.stringMatching(/^passkey_[0-9A-Za-z]{27}$/),
          projectId: parts.projectId,
          userId: user.id,
          createdAt: now,
          verifiedAt: now,
          credentialId: authenticator.passkeys[0]?.id.toString('base64url'),
          publicKey: expect.stringMatching(/^[\w-]+$/),
          signCount: 0,
          transports: ['hybrid', 'internal'],
          rpId: RP_ID,
          isBackedUp: true,
        })
        expect(await passkeysOf(user)).toEqual([passkey])
        expect(await parts.stores.identities.findUser(parts.projectId, user.id)).toEqual({ ...user, status: 'active' })
      },
    )

    it('is accepted in Link’s shape and near it: padded, with other members, without an attachment or transports', async () => {
      const user = await parts.newUser()
      const made = createAuthenticator().create(await parts.begin(user.id), ORIGIN, {
        clientData: { crossOrigin: undefined, other_keys_can_be_added_here: 'do not compare clientDataJSON' },
      })
      const padded = (text: unknown) => String(text).padEnd(Math.ceil(String(text).length / 4) * 4, '=')
      const response = {
        ...made,
        id: padded(made.id),
        rawId: padded(made.rawId),
        authenticatorAttachment: null,
        clientExtensionResults: null,
        more: { a: [1] },
        response: {
          clientDataJSON: padded(made.response['clientDataJSON']),
          attestationObject: padded(made.response['attestationObject']),
          transports: null,
          publicKeyAlgorithm: -7,
        },
      }
      expect(await parts.finish(user.id, response)).toMatchObject({ credentialId: made.id, transports: [] })
    })

    it('may be signed by the new key itself, which browsers leave in', async () => {
      expect(await attempt({ format: 'packed' })).toBe('accepted')
      const forged = cborMap(['alg', -7], ['sig', randomBytes(64)])
      expect(await attempt({ format: 'packed', statement: forged })).toBe('response_malformed')
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const other = cborMap(['alg', -7], ['sig', sign('sha256', randomBytes(99), privateKey)])
      expect(await attempt({ format: 'packed', statement: other })).toBe('signature_invalid')
    })

    it('records what the authenticator says of itself', async () => {
      const user = await parts.newUser()
      const response = createAuthenticator({ counts: true }).create(await parts.begin(user.id), ORIGIN, {
        signCount: 7,
        isUserVerified: false,
        transports: ['usb', 'nfc', 'usb'],
      })
      expect(await parts.finish(user.id, response)).toMatchObject({
        signCount: 7,
        isBackedUp: false,
        transports: ['usb', 'nfc'],
      })
    })

    it.each<[string, AttestationLies, string]>([
      ['made for signing in', { clientData: { type: 'webauthn.get' } }, 'type_mismatch'],
      ['from another origin', { clientData: { origin: 'https://evil.example.test' } }, 'origin_not_accepted'],
      [
        'from the same host in plain http',
        { clientData: { origin: 'http://app.example.test' } },
        'origin_not_accepted',
      ],
      ['from an opaque origin', { clientData: { origin: 'null' } }, 'origin_not_accepted'],
      ['from within another page', { clientData: { crossOrigin: true } }, 'cross_origin'],
      ['from within another page, said oddly', { clientData: { crossOrigin: 'false' } }, 'cross_origin'],
      ['from below another page', { clientData: { topOrigin: ORIGIN } }, 'cross_origin'],
      ['for another challenge', { clientData: { challenge: 'A'.repeat(43) } }, 'challenge_unknown'],
      ['for a padded challenge', { clientData: { challenge: `${'A'.repeat(42)}=` } }, 'response_malformed'],
      ['without a challenge', { clientData: { challenge: undefined } }, 'response_malformed'],
      ['for another RP id', { rpId: 'evil.example.test' }, 'rp_id_mismatch'],
      ['for a parent of the RP id', { rpId: 'example.test' }, 'rp_id_mismatch'],
      ['with nobody there', { isUserPresent: false }, 'user_absent'],
      ['backed up, and unable to be', { isBackedUp: true, isBackupEligible: false }, 'response_malformed'],
      ['with bytes after the authenticator data', { trailing: Buffer.from([0]) }, 'response_malformed'],
      ['under another id than the authenticator’s', { outerId: randomBytes(20) }, 'response_malformed'],
      ['with a short id', { credentialId: randomBytes(15) }, 'response_malformed'],
      ['with a long id', { credentialId: randomBytes(1024) }, 'response_malformed'],
      ['with a statement where there should be none', { statement: cborMap(['x', 1]) }, 'response_malformed'],
      [
        'with certificates',
        { format: 'packed', statement: cborMap(['alg', -7], ['sig', randomBytes(64)], ['x5c', [randomBytes(99)]]) },
        'attestation_unsupported',
      ],
      ['attested by a TPM', { format: 'tpm' }, 'attestation_unsupported'],
      ['attested by Android', { format: 'android-safetynet' }, 'attestation_unsupported'],
      ['that is no CBOR', { attestationObject: Buffer.from('ff00ff', 'hex') }, 'response_malformed'],
      ['that is another CBOR', { attestationObject: encodeCbor([1, 2, 3]) }, 'response_malformed'],
      ['that is nested deep', { attestationObject: Buffer.alloc(8000, 0x81) }, 'response_malformed'],
      [
        'that promises an endless array',
        { attestationObject: Buffer.from('9bffffffffffffffff', 'hex') },
        'response_malformed',
      ],
      ['that is large', { attestationObject: Buffer.alloc(8193) }, 'response_malformed'],
      ['with client data that is no JSON', { clientDataBytes: Buffer.from('{') }, 'response_malformed'],
      ['with client data that is no object', { clientDataBytes: Buffer.from('"x"') }, 'response_malformed'],
      ['with large client data', { clientData: { x: 'x'.repeat(4096) } }, 'response_malformed'],
      ['with a transport that is none', { transports: ['<script>'] }, 'response_malformed'],
      ['with transports without end', { transports: Array(9).fill('usb') }, 'response_malformed'],
    ])('is refused %s', async (_, lies, refusal) => {
      expect(await attempt(lies)).toBe(refusal)
    })

    it('is refused with client data that is no UTF-8, wherever it is not', async () => {
      const user = await parts.newUser()
      const { challenge, ...rest } = await parts.begin(user.id)
      const json = JSON.stringify({ type: 'webauthn.create', challenge, origin: ORIGIN, more: 'ÿ' })
      for (const [encoding, refusal] of [
        ['latin1', 'response_malformed'],
        ['utf8', 'accepted'],
      ] as const) {
        const lies = { clientDataBytes: Buffer.from(json, encoding) }
        const made = createAuthenticator().create({ challenge, ...rest }, ORIGIN, lies)
        expect(await refusalOf(parts.finish(user.id, made))).toBe(refusal)
      }
    })

    it.each<[string, Cbor]>([
      [
        'an algorithm we did not ask for',
        cborMap([1, 2], [3, -35], [-1, 2], [-2, randomBytes(48)], [-3, randomBytes(48)]),
      ],
      [
        'an algorithm with another’s curve',
        cborMap([1, 2], [3, -7], [-1, 2], [-2, randomBytes(48)], [-3, randomBytes(48)]),
      ],
      ['a compressed point', cborMap([1, 2], [3, -7], [-1, 1], [-2, randomBytes(32)], [-3, true])],
      ['half an Ed25519 key', cborMap([1, 1], [3, -8], [-1, 6], [-2, randomBytes(16)])],
      ['a small RSA key', cborMap([1, 3], [3, -257], [-1, randomBytes(128)], [-2, Buffer.from([1, 0, 1])])],
      ['a huge RSA key', cborMap([1, 3], [3, -257], [-1, randomBytes(2048)], [-2, Buffer.from([1, 0, 1])])],
      ['a huge RSA exponent', cborMap([1, 3], [3, -257], [-1, randomBytes(256)], [-2, randomBytes(256)])],
      ['a symmetric key', cborMap([1, 4], [3, 5], [-1, randomBytes(32)])],
      [
        'an EC key with other members',
        cborMap([1, 2], [3, -7], [-1, 1], [-2, randomBytes(32)], [-3, randomBytes(32)], [-4, 1]),
      ],
      [
        'an Ed25519 key with other members',
        cborMap([1, 1], [3, -8], [-1, 6], [-2, randomBytes(32)], [-4, randomBytes(32)]),
      ],
      ['nothing', cborMap()],
      ['no map', [1, 2]],
    ])('is refused with a key that is %s', async (_, publicKey) => {
      expect(await attempt({ publicKey })).toBe('key_unsupported')
    })

    it.each([null, undefined, 7, 'x', [[]], {}, { type: 'public-key' }, { type: 'public-key', response: null }])(
      'is refused when it is %j',
      async (response) => {
        const user = await parts.newUser()
        expect(await refusalOf(parts.finish(user.id, response))).toBe('response_malformed')
      },
    )

    it('is refused without any of its members, and leaves the challenge for one that has them', async () => {
      const user = await parts.newUser()
      const made = createAuthenticator().create(await parts.begin(user.id), ORIGIN)
      for (const name of ['type', 'id', 'rawId', 'response'] as const) {
        for (const value of [undefined, null, 7, '', 'AA', '*'.repeat(27), ['A'.repeat(27)]]) {
          expect(await refusalOf(parts.finish(user.id, { ...made, [name]: value }))).toBe('response_malformed')
        }
      }
      for (const name of ['clientDataJSON', 'attestationObject']) {
        for (const value of [
          undefined,
          null,
          7,
          '',
          'A',
          'AB',
          `${made.response[name]}!`,
          `${made.response[name]}===`,
        ]) {
          const response = { ...made, response: { ...made.response, [name]: value } }
          expect(await refusalOf(parts.finish(user.id, response))).toBe('response_malformed')
        }
      }
      expect(await refusalOf(parts.finish(user.id, made))).toBe('accepted')
    })
  })

  describe('the relying party', () => {
    it('is the host of the page, of each accepted one', async () => {
      const user = await parts.newUser()
      const response = createAuthenticator().create(await parts.begin(user.id), OTHER_ORIGIN)
      expect((await parts.finish(user.id, response)).rpId).toBe('shop.example.test')
    })

    it('is the project’s where it has one, whatever the page’s host', async () => {
      const user = await parts.newUser()
      const rpId = 'example.test'
      const response = createAuthenticator().create(await parts.begin(user.id, { rpId }), ORIGIN)
      expect((await parts.finish(user.id, response, { rpId })).rpId).toBe(rpId)
      const own = createAuthenticator().create(await parts.begin(user.id), ORIGIN)
      expect(await refusalOf(parts.finish(user.id, own, { rpId }))).toBe('rp_id_mismatch')
    })

    it('is never empty: an app’s origin has no host and needs an RP id of the project', async () => {
      const user = await parts.newUser()
      const app = 'android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0'
      const acceptsOrigin = (origin: string) => origin === app
      const options = { ...(await parts.begin(user.id)), rp: { id: 'example.test' } }
      for (const [rpId, refusal] of [
        [null, 'rp_id_mismatch'],
        ['', 'rp_id_mismatch'],
        ['example.test', 'accepted'],
      ] as const) {
        const response = createAuthenticator().create(options, app)
        expect(await refusalOf(parts.finish(user.id, response, { rpId, acceptsOrigin }))).toBe(refusal)
      }
      // Nor for an authenticator that hashes the empty text.
      for (const rpId of [null, '']) {
        const response = createAuthenticator().create({ ...options, ...(await parts.begin(user.id)) }, app, {
          rpId: '',
        })
        expect(await refusalOf(parts.finish(user.id, response, { rpId, acceptsOrigin }))).toBe('rp_id_mismatch')
      }
    })
  })

  describe('the challenge', () => {
    it('is the user’s, the project’s and the purpose’s', async () => {
      const [user, other] = [await parts.newUser(), await parts.newUser()]
      const made = createAuthenticator().create(await parts.begin(user.id), ORIGIN)
      expect(await refusalOf(parts.finish(other.id, made))).toBe('challenge_unknown')
      expect(await refusalOf(parts.finish(user.id, made, { projectId: 'another' }))).toBe('challenge_unknown')
      expect(await refusalOf(parts.finish(user.id, made, { purpose: LOGIN }))).toBe('challenge_unknown')
      expect(await refusalOf(parts.finish(user.id, made))).toBe('accepted')
    })

    it('for signing in registers nothing', async () => {
      const user = await parts.newUser()
      const options = { ...(await parts.begin(user.id)), challenge: (await parts.beginLogin()).challenge }
      const made = createAuthenticator().create(options, ORIGIN)
      for (const purpose of [REGISTRATION, LOGIN] as const) {
        expect(await refusalOf(parts.finish(user.id, made, { purpose }))).toBe('challenge_unknown')
      }
    })

    it('ends at its time, not a millisecond before, and is told from an unknown one', async () => {
      const user = await parts.newUser()
      const [early, late] = [await parts.begin(user.id), await parts.begin(user.id)]
      parts.clock.advance(299_999)
      expect(await refusalOf(parts.finish(user.id, createAuthenticator().create(early, ORIGIN)))).toBe('accepted')
      parts.clock.advance(1)
      const made = createAuthenticator().create(late, ORIGIN)
      expect(await refusalOf(parts.finish(user.id, made))).toBe('challenge_expired')
      parts.clock.advance(300_000)
      expect(await refusalOf(parts.finish(user.id, made))).toBe('challenge_unknown')
    })

    it('registers one passkey, of however many are made for it, at once or later', async () => {
      const user = await parts.newUser()
      const options = await parts.begin(user.id)
      const made = Array.from({ length: 8 }, () => createAuthenticator().create(options, ORIGIN))
      const answers = await Promise.all(made.map((response) => refusalOf(parts.finish(user.id, response))))
      expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(1)
      expect(new Set(answers)).toEqual(
        new Set(['accepted', 'nonce_spent', ...answers.filter((a) => a === 'challenge_unknown')]),
      )
      expect(await passkeysOf(user)).toHaveLength(1)
      expect(await refusalOf(parts.finish(user.id, made[0]))).toBe('challenge_unknown')
    })

    it('is spent by one of eight copies of one answer', async () => {
      const user = await parts.newUser()
      const made = createAuthenticator().create(await parts.begin(user.id), ORIGIN)
      const answers = await Promise.all(Array.from({ length: 8 }, () => refusalOf(parts.finish(user.id, made))))
      expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(1)
      expect(await passkeysOf(user)).toHaveLength(1)
    })
  })

  describe('the credential', () => {
    it('of another user is refused, and spends nothing', async () => {
      const { user, soft } = await parts.enrol()
      const thief = await parts.newUser()
      const options = await parts.begin(thief.id)
      const stolen = createAuthenticator().create(options, ORIGIN, { credentialId: soft.id })
      expect(await refusalOf(parts.finish(thief.id, stolen))).toBe('passkey_taken')
      expect((await passkeysOf(user)).map(({ userId }) => userId)).toEqual([user.id])
      expect((await parts.stores.identities.findUser(parts.projectId, thief.id))?.status).toBe('pending')
      expect(await refusalOf(parts.finish(thief.id, createAuthenticator().create(options, ORIGIN)))).toBe('accepted')
    })

    it('of another user is refused with that user’s own key too, which anybody may have seen', async () => {
      const owner = await parts.newUser()
      const made = createAuthenticator().create(await parts.begin(owner.id), ORIGIN)
      await parts.finish(owner.id, made)
      const thief = await parts.newUser()
      expect(await refusalOf(parts.finish(thief.id, answering((await parts.begin(thief.id)).challenge, made)))).toBe(
        'passkey_taken',
      )
      expect(await passkeysOf(thief)).toEqual([])
    })

    it('is one user’s when two claim it at once, and the other stays as they were', async () => {
      const users = [await parts.newUser(), await parts.newUser()]
      const credentialId = randomBytes(20)
      const answers = await Promise.all(
        users.map(async (user) => {
          const made = createAuthenticator().create(await parts.begin(user.id), ORIGIN, { credentialId })
          return refusalOf(parts.finish(user.id, made))
        }),
      )
      expect([...answers].sort()).toEqual(['accepted', 'passkey_taken'])
      const loser = users[answers.indexOf('passkey_taken')]
      expect((await parts.stores.identities.findUser(parts.projectId, loser?.id ?? ''))?.status).toBe('pending')
      expect((await Promise.all(users.map(passkeysOf))).flat()).toHaveLength(1)
    })

    it('is kept as it is when its user registers it again with a live challenge, and only with the same key', async () => {
      const user = await parts.newUser()
      const options = await parts.begin(user.id)
      const made = createAuthenticator().create(options, ORIGIN)
      const passkey = await parts.finish(user.id, made)
      expect(await refusalOf(parts.finish(user.id, made))).toBe('challenge_unknown')

      const again = answering((await parts.begin(user.id)).challenge, made)
      parts.clock.advance(5)
      expect(await parts.finish(user.id, again)).toEqual(passkey)

      const credentialId = Buffer.from(passkey.credentialId, 'base64url')
      const swapped = createAuthenticator().create(await parts.begin(user.id), ORIGIN, { credentialId })
      expect(await refusalOf(parts.finish(user.id, swapped))).toBe('passkey_taken')
      expect(await passkeysOf(user)).toEqual([passkey])
    })

    it('belongs to a project: another one may have the same', async () => {
      const { soft, user } = await parts.enrol()
      const elsewhere = openPasskeyParts(store)
      const other = await elsewhere.newUser({ id: user.id })
      const made = createAuthenticator().create(await elsewhere.begin(other.id), ORIGIN, { credentialId: soft.id })
      expect(await refusalOf(elsewhere.finish(other.id, made))).toBe('accepted')
      await elsewhere.close()
    })

    it('is one of twenty at most, also when more are registered at once', async () => {
      const user = await parts.newUser()
      const register = async () => {
        const made = createAuthenticator({ algorithm: 'eddsa' }).create(await parts.begin(user.id), ORIGIN)
        return () => refusalOf(parts.finish(user.id, made))
      }
      for (let count = 0; count < 18; count += 1) expect(await (await register())()).toBe('accepted')
      const finishers = await Promise.all(Array.from({ length: 5 }, register))
      const late = await register()
      const answers = await Promise.all(finishers.map((finish) => finish()))
      const left = (await passkeysOf(user)).length
      expect(left).toBe(18 + answers.filter((answer) => answer === 'accepted').length)
      expect(left).toBeLessThanOrEqual(20)
      expect(answers).toContain('too_many_passkeys')
      while ((await passkeysOf(user)).length < 20) expect(await (await register())()).toBe('accepted')
      expect(await late()).toBe('too_many_passkeys')
      expect(await refusalOf(parts.begin(user.id))).toBe('too_many_passkeys')
    })

    it('is not made for a user who was deleted meanwhile', async () => {
      const user = await parts.newUser()
      const made = createAuthenticator().create(await parts.begin(user.id), ORIGIN)
      await parts.stores.identities.deleteUser(parts.projectId, user.id)
      expect(await refusalOf(parts.finish(user.id, made))).toBe('user_unknown')
      expect(await parts.stores.identities.findUser(parts.projectId, user.id)).toBeNull()
    })
  })
})

/** The same attestation, which nothing signs, as an answer to this challenge. */
function answering(challenge: string, made: AttestationJson): AttestationJson {
  const json = JSON.stringify({ type: 'webauthn.create', challenge, origin: ORIGIN, crossOrigin: false })
  return { ...made, response: { ...made.response, clientDataJSON: Buffer.from(json).toString('base64url') } }
}

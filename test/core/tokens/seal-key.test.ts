import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { KeyFacts, StoredKey } from '../../../core/stores/key-store.ts'
import { createKeySealer } from '../../../core/tokens/seal-key.ts'
import { MOONKEY, NEWER_SECRET, OTHER_PROJECT, random, SECRET, WALLETKIT } from './fixtures.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const facts: KeyFacts = {
  keyId: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  algorithm: 'RS256',
  state: 'current',
  createdAt: new Date('2026-06-22T10:00:00.000Z'),
  retiredAt: null,
  certificate: 'MIIB',
}
const sealer = createKeySealer([SECRET], random)
const stored = sealer.seal(MOONKEY, facts, privateKey)
const retired: StoredKey = sealer.seal(MOONKEY, { ...facts, state: 'retiring', retiredAt: new Date(0) }, null)

const samePrivateKey = (key: KeyObject | null) =>
  key !== null && createPublicKey(key).equals(createPublicKey(privateKey)) && key.type === 'private'

/** The seal with its n-th part replaced by another of the same shape. */
function alterSeal({ sealed, ...rest }: StoredKey, part: number, alter: (text: string) => string): StoredKey {
  return {
    ...rest,
    sealed: sealed
      .split('.')
      .map((text, index) => (index === part ? alter(text) : text))
      .join('.'),
  }
}
const flipFirst = (text: string) => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`

describe('createKeySealer', () => {
  it('opens what it sealed, and only for its owner', () => {
    expect(samePrivateKey(sealer.open(MOONKEY, stored))).toBe(true)
    for (const owner of [WALLETKIT, OTHER_PROJECT]) {
      expect(() => sealer.open(owner, stored)).toThrow(expect.objectContaining({ reason: 'key_tampered' }))
    }
  })

  it('shows nothing of the private key or the secret at rest', () => {
    const { d, p } = privateKey.export({ format: 'jwk' })
    const box = Buffer.from(stored.sealed.split('.')[3] ?? '', 'base64url')
    for (const hidden of [Buffer.from(d ?? '', 'base64url'), Buffer.from(p ?? '', 'base64url'), Buffer.from(SECRET)]) {
      expect(hidden.length).toBeGreaterThan(32)
      expect(box.includes(hidden.subarray(0, 16))).toBe(false)
      expect(JSON.stringify(stored)).not.toContain(hidden.subarray(0, 15).toString('base64url'))
    }
  })

  it('never seals twice alike', () => {
    expect(sealer.seal(MOONKEY, facts, privateKey).sealed).not.toBe(stored.sealed)
  })

  it('authenticates a retiring key, of which no private part remains', () => {
    expect(sealer.open(MOONKEY, retired)).toBeNull()
    expect(retired.sealed.length).toBeLessThan(60)
  })

  it.each<[string, StoredKey]>([
    ['a state of its own choosing', { ...stored, state: 'next' }],
    ['another key id', { ...stored, keyId: flipFirst(stored.keyId) }],
    ['another algorithm', { ...stored, algorithm: 'ES256' }],
    ['another birthday', { ...stored, createdAt: new Date(0) }],
    ['a longer life', { ...retired, retiredAt: new Date(1) }],
    ['another certificate', { ...stored, certificate: 'MIIC' }],
    ['a changed nonce', alterSeal(stored, 2, flipFirst)],
    ['a changed ciphertext', alterSeal(stored, 3, flipFirst)],
    ['a shortened tag', alterSeal(stored, 3, (text) => text.slice(0, -4))],
    ['nothing but a tag', alterSeal(stored, 3, (text) => text.slice(-22))],
    ['less than a tag', alterSeal(stored, 3, () => 'AAAA')],
    ['no seal', { ...stored, sealed: '' }],
    ['another format', alterSeal(stored, 0, () => 'v2')],
    ['a fifth part', { ...stored, sealed: `${stored.sealed}.AAAA` }],
    ['a seal without end', alterSeal(stored, 3, (text) => text + 'A'.repeat(1 << 20))],
  ])('refuses %s', (_, altered) => {
    expect(() => sealer.open(MOONKEY, altered)).toThrow(
      expect.objectContaining({ code: 'store_unavailable', reason: 'key_tampered' }),
    )
  })

  it('opens what an older secret sealed, and seals under the newest', () => {
    const both = createKeySealer([NEWER_SECRET, SECRET], random)
    expect(samePrivateKey(both.open(MOONKEY, stored))).toBe(true)
    expect(both.isNewest(stored)).toBe(false)

    const resealed = both.seal(MOONKEY, facts, both.open(MOONKEY, stored))
    expect(both.isNewest(resealed)).toBe(true)
    expect(samePrivateKey(createKeySealer([NEWER_SECRET], random).open(MOONKEY, resealed))).toBe(true)
  })

  it('says so when the secret is gone, and tells neither secret nor key', () => {
    const stranger = createKeySealer([NEWER_SECRET], random)
    expect(() => stranger.open(MOONKEY, stored)).toThrow(
      expect.objectContaining({
        code: 'store_unavailable',
        reason: 'key_secret_unknown',
        cause: expect.objectContaining({
          message: expect.stringMatching(/^the moonkey key .{43} of project demo was sealed under/),
        }),
      }),
    )
  })

  it('refuses a seal that names our secret but was made with another', () => {
    const forged = createKeySealer([NEWER_SECRET], random).seal(MOONKEY, facts, privateKey)
    const renamed = alterSeal(forged, 1, () => stored.sealed.split('.')[1] ?? '')
    expect(() => sealer.open(MOONKEY, renamed)).toThrow(expect.objectContaining({ reason: 'key_tampered' }))
  })

  it('takes a secret', () => {
    expect(() => createKeySealer([], random)).toThrow(RangeError)
  })
})

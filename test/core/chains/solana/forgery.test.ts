import { ed25519 } from '@noble/curves/ed25519.js'
import bs58 from 'bs58'
import nacl from 'tweetnacl'
import { describe, expect, it } from 'vitest'
import { createSolanaChain } from '../../../../core/chains/solana/solana-chain.ts'
import {
  ed25519Challenge,
  forgeForSmallOrderKey,
  fromLittleEndian,
  littleEndian,
  SMALL_ORDER_KEYS,
} from '../../../support/small-order-keys.ts'
import { hexBytes } from '../vectors.ts'

/*
 * Each signature here satisfies the verification equation of some library in wide use, and the test shows that it does
 * before it shows that we refuse it: a refusal of mere noise would prove nothing.
 */
const chain = await createSolanaChain()
const { BASE, Fn } = ed25519.Point
const L = Fn.ORDER
const message = Buffer.from('Login for My App: 5djrPeuvVwO8TAomZJCQ8uig9VeMb8eCxqgz9PIKrFY')

const verdict = (publicKey: Uint8Array, signature: Uint8Array) =>
  chain.verify(bs58.encode(publicKey), message, signature)
/** ZIP 215 rules: cofactored, and any encoding of a point will do. */
const isLaxlyValid = (publicKey: Uint8Array, signature: Uint8Array) =>
  ed25519.verify(signature, message, publicKey, { zip215: true })

const smallOrder = Object.entries(SMALL_ORDER_KEYS).map(([title, hex]) => [title, hexBytes(hex)] as const)

/** RFC 8032 §5.1.5. */
function honestKey() {
  const seed = new Uint8Array(32).fill(0x22)
  return { seed, publicKey: ed25519.getPublicKey(seed), scalar: ed25519.utils.getExtendedPublicKey(seed).scalar }
}

describe('keys of small order', () => {
  it('are fourteen encodings of eight points', () => {
    expect(new Set(Object.values(SMALL_ORDER_KEYS))).toHaveProperty('size', 14)
    const points = smallOrder.map(([, bytes]) => ed25519.Point.fromBytes(bytes, true))
    for (const point of points) expect(point.isSmallOrder()).toBe(true)
    expect(new Set(points.map((point) => point.toHex())).size).toBe(8)
  })

  it.each(smallOrder)('cannot sign in, though anybody can forge for them: %s', (_title, publicKey) => {
    const forged = forgeForSmallOrderKey(publicKey, message)
    expect(isLaxlyValid(publicKey, forged)).toBe(true)
    expect(nacl.sign.detached.verify(message, forged, publicKey)).toBe(true)
    expect(verdict(publicKey, forged)).toBe('invalid')
  })

  it.each(smallOrder)('cannot sign in with the constant signature R = identity, S = 0: %s', (_title, publicKey) => {
    const constant = Uint8Array.from([1, ...new Uint8Array(63)])
    expect(isLaxlyValid(publicKey, constant)).toBe(true)
    expect(verdict(publicKey, constant)).toBe('invalid')
  })
})

describe('an honest key', () => {
  const { seed, publicKey, scalar } = honestKey()
  const signature = ed25519.sign(message, seed)

  it('signs in', () => {
    expect(verdict(publicKey, signature)).toBe('valid')
  })

  it.each(smallOrder)('cannot sign with a small-order R: %s', (_title, r) => {
    // S = h·a makes 8[S]B = 8R + 8[h]A for every R of small order.
    const s = Fn.mul(ed25519Challenge(r, publicKey, message), Fn.create(scalar))
    const degenerate = Uint8Array.from([...r, ...littleEndian(s)])
    expect(isLaxlyValid(publicKey, degenerate)).toBe(true)
    expect(verdict(publicKey, degenerate)).toBe('invalid')
  })

  it('cannot sign with an R that has a small component (valid under the cofactored equation only)', () => {
    const torsion = ed25519.Point.fromHex(SMALL_ORDER_KEYS['order 8, first'])
    const nonce = 12345n
    const r = BASE.multiply(nonce).add(torsion).toBytes()
    const s = Fn.add(nonce, Fn.mul(ed25519Challenge(r, publicKey, message), Fn.create(scalar)))
    const mixed = Uint8Array.from([...r, ...littleEndian(s)])
    expect(isLaxlyValid(publicKey, mixed)).toBe(true)
    expect(verdict(publicKey, mixed)).toBe('invalid')
  })

  it('RFC 8032 §5.1.7: has one S per signature; S + kL is refused as long as it fits', () => {
    const s = fromLittleEndian(signature.subarray(32))
    let tried = 0
    for (let twin = s + L; twin < 2n ** 256n; twin += L) {
      const malleated = Uint8Array.from([...signature.subarray(0, 32), ...littleEndian(twin)])
      // tweetnacl looks at the three top bits only, and so takes the first twin.
      if (twin < 2n ** 253n) expect(nacl.sign.detached.verify(message, malleated, publicKey)).toBe(true)
      expect(verdict(publicKey, malleated)).toBe('invalid')
      tried += 1
    }
    expect(tried).toBe(15)
  })

  it('is refused with S = L and S = 2^256 - 1', () => {
    for (const s of [L, 2n ** 256n - 1n]) {
      expect(verdict(publicKey, Uint8Array.from([...signature.subarray(0, 32), ...littleEndian(s)]))).toBe('invalid')
    }
  })
})

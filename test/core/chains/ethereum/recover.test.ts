import { secp256k1 } from '@noble/curves/secp256k1.js'
import { computeAddress, recoverAddress as ethersRecoverAddress, getBytes, hexlify, SigningKey } from 'ethers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKeccak256 } from '../../../../core/chains/ethereum/keccak256.ts'
import { createRecoverAddress } from '../../../../core/chains/ethereum/recover.ts'
import { fuzzBudget } from '../../../support/fuzz-budget.ts'

const recover = await createRecoverAddress(await createKeccak256())

const N = secp256k1.Point.Fn.ORDER
const bytes32 = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
const compact = (r: bigint, s: bigint, ...v: number[]) => Buffer.concat([bytes32(r), bytes32(s), Buffer.from(v)])

const key = new SigningKey(`0x${'11'.repeat(32)}`)
const address = Buffer.from(getBytes(computeAddress(key)))
const hash = Buffer.alloc(32, 0x5a)

/** A signature of `hash` whose parity is the one asked for. */
function signed(parity: 0 | 1) {
  for (let counter = 0; counter < 64; counter++) {
    const digest = Buffer.alloc(32, counter)
    const { r, s, yParity } = key.sign(digest)
    if (yParity === parity) return { digest, r: BigInt(r), s: BigInt(s) }
  }
  throw new Error('no signature of this parity')
}

const found = (digest: Uint8Array, signature: Uint8Array) => {
  const signer = recover(digest, signature)
  return signer === null ? null : Buffer.from(signer)
}

describe('recovering the signer', () => {
  it('agrees with ethers and @noble/curves for any key and hash', () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
    const secret = bytes.filter((value) => secp256k1.utils.isValidSecretKey(value))
    fc.assert(
      fc.property(secret, bytes, (secretKey, digest) => {
        const [v = 0, ...rs] = secp256k1.sign(digest, secretKey, { prehash: false, format: 'recovered' })
        const signature = Uint8Array.from([...rs, 27 + v])
        const expected = Buffer.from(getBytes(computeAddress(hexlify(secretKey))))
        expect(found(digest, signature)).toEqual(expected)
        expect(hexlify(expected)).toBe(ethersRecoverAddress(digest, hexlify(signature)).toLowerCase())
      }),
      fuzzBudget(50),
    )
  })

  it.each([0, 1] as const)('takes exactly 0, 1, 27 and 28 as v, and EIP-2098 (parity %i)', (parity) => {
    const { digest, r, s } = signed(parity)
    for (let v = 0; v < 256; v++) {
      const signer = found(digest, compact(r, s, v))
      if (v === parity || v === 27 + parity) expect(signer, `v ${v}`).toEqual(address)
      else if (v === 1 - parity || v === 28 - parity) expect(signer, `v ${v}`).not.toEqual(address)
      else expect(signer, `v ${v}`).toBeNull()
    }
    expect(found(digest, compact(r, s | (BigInt(parity) << 255n)))).toEqual(address)
    expect(found(digest, compact(r, s | (BigInt(1 - parity) << 255n)))).not.toEqual(address)
  })

  it.each([0, 1] as const)('EIP-2: refuses the malleated twin with a high s (parity %i)', (parity) => {
    const { digest, r, s } = signed(parity)
    const twin = compact(r, N - s, 28 - parity)
    // The twin is mathematically right: a library that does not ask for low s recovers the same key.
    const recoverable = Uint8Array.from([1 - parity, ...twin.subarray(0, 64)])
    const point = secp256k1.Signature.fromBytes(recoverable, 'recovered').recoverPublicKey(digest)
    expect(computeAddress(`0x${point.toHex(false)}`).toLowerCase()).toBe(hexlify(address))
    for (const v of [0, 1, 27, 28]) expect(found(digest, compact(r, N - s, v))).toBeNull()
  })

  it('EIP-2: draws the line at n/2', () => {
    const half = N >> 1n
    const { digest, r } = signed(0)
    expect(found(digest, compact(r, half, 27))).not.toBeNull()
    expect(found(digest, compact(r, half + 1n, 27))).toBeNull()
    expect(found(digest, compact(r, 1n, 27))).not.toBeNull()
  })

  const { r, s } = signed(0)
  const top = 2n ** 256n - 1n
  it.each([
    ['r = 0', 0n, s],
    ['s = 0', r, 0n],
    ['r = s = 0', 0n, 0n],
    ['r = n', N, s],
    ['r = n + 1', N + 1n, s],
    ['s = n', r, N],
    ['s = n - 1', r, N - 1n],
    ['r = s = n', N, N],
    ['r = 2^256 - 1', top, s],
    ['s = 2^256 - 1', r, top],
    ['r and s = 2^256 - 1', top, top],
    ['an r that is no x coordinate', 5n, s],
  ])('refuses %s with every v', (_title, badR, badS) => {
    for (const v of [0, 1, 27, 28]) expect(found(hash, compact(badR, badS, v))).toBeNull()
  })

  it('EIP-2098: refuses r and s out of range, and high s, as in the long form', () => {
    for (const [badR, badS] of [
      [0n, s],
      [r, 0n],
      [N, s],
      [r, (N >> 1n) + 1n],
      [r, 2n ** 255n - 1n],
      [0n, 0n],
    ] as const) {
      for (const parity of [0n, 1n]) expect(found(hash, compact(badR, badS | (parity << 255n)))).toBeNull()
    }
  })

  it('refuses a signature made so that the key is the point at infinity', () => {
    // Q = r⁻¹(sR − eG) with R = G and s = e: the recovered point is none.
    const gx = secp256k1.Point.BASE.toAffine().x
    const parity = Number(secp256k1.Point.BASE.toAffine().y & 1n)
    expect(found(bytes32(7n), compact(gx, 7n, 27 + parity))).toBeNull()
    expect(found(bytes32(8n), compact(gx, 7n, 27 + parity))).not.toBeNull()
  })

  it('refuses every other length, and a hash that is not 32 bytes', () => {
    const { digest } = signed(0)
    const whole = compact(r, s, 27)
    for (const length of [0, 1, 32, 63, 66, 130, 8192]) {
      const signature = Buffer.alloc(length)
      whole.copy(signature)
      expect(found(digest, signature), `${length} bytes`).toBeNull()
    }
    for (const length of [0, 31, 33, 64]) expect(found(Buffer.alloc(length, 1), whole)).toBeNull()
    expect(found(digest, whole)).toEqual(address)
  })

  it('never throws, whatever the bytes', () => {
    const size = fc.constantFrom(0, 63, 64, 65, 66)
    const input = size.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
    fc.assert(
      fc.property(input, (signature) => {
        const before = Buffer.from(signature)
        const signer = recover(hash, signature)
        expect(signer === null || signer.length === 20).toBe(true)
        expect(Buffer.from(signature)).toEqual(before)
      }),
      fuzzBudget(300),
    )
  })

  it('keeps nothing from one call to the next: a refusal after a success stays a refusal', () => {
    const { digest } = signed(0)
    expect(found(digest, compact(r, s, 27))).toEqual(address)
    expect(found(digest, compact(0n, 0n, 27))).toBeNull()
    expect(found(digest, compact(5n, s, 27))).toBeNull()
    expect(found(digest, compact(r, s, 27))).toEqual(address)
  })
})

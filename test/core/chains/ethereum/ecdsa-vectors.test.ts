import { createHash } from 'node:crypto'
import { computeAddress, hexlify } from 'ethers'
import { expect, it } from 'vitest'
import { createKeccak256 } from '../../../../core/chains/ethereum/keccak256.ts'
import { createRecoverAddress } from '../../../../core/chains/ethereum/recover.ts'
import { describeVectors, hexBytes } from '../vectors.ts'

const recover = await createRecoverAddress(await createKeccak256())

interface Wycheproof {
  readonly numberOfTests: number
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string }
    readonly tests: readonly {
      readonly tcId: number
      readonly comment: string
      readonly msg: string
      readonly sig: string
      readonly result: 'valid' | 'invalid'
    }[]
  }[]
}

/** The two integers of a DER `SEQUENCE { INTEGER, INTEGER }` as their content bytes, or null when it is not strict DER. */
function derIntegers(der: Uint8Array): readonly [Uint8Array, Uint8Array] | null {
  let at = 0
  const next = () => der[at++] ?? -1
  const readInteger = () => {
    if (next() !== 0x02) return null
    const length = next()
    if (length < 1 || length >= 0x80 || at + length > der.length) return null
    const content = der.subarray(at, at + length)
    at += length
    const [first = 0, second = 0] = content
    const padded = length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
    return padded ? null : content
  }
  if (next() !== 0x30 || next() !== der.length - 2 || der.length >= 0x82) return null
  const r = readInteger()
  const s = readInteger()
  return r === null || s === null || at !== der.length ? null : [r, s]
}

/**
 * Three kinds of fault live in DER alone. Compact signatures are two unsigned 32-byte integers at fixed places, so:
 * - `not DER`: wrong tags, lengths, trailing bytes, BER spellings, other types: there is nothing to spell differently;
 * - `negative`: no sign bit exists;
 * - `over 32 bytes`: there is no room for them.
 */
function toCompact(sig: string): Uint8Array | 'not DER' | 'negative' | 'over 32 bytes' {
  const integers = derIntegers(hexBytes(sig))
  if (integers === null) return 'not DER'
  if (integers.some(([first = 0]) => first >= 0x80)) return 'negative'
  const compact = new Uint8Array(64)
  for (const [index, content] of integers.entries()) {
    const digits = content[0] === 0 ? content.subarray(1) : content
    if (digits.length > 32) return 'over 32 bytes'
    compact.set(digits, 32 * (index + 1) - digits.length)
  }
  return compact
}

/** Which recovery bytes lead to the key that is said to have signed. */
function recoveriesOf(publicKey: string, message: string, compact: Uint8Array): number[] {
  const address = computeAddress(`0x${publicKey}`).toLowerCase()
  const hash = createHash('sha256').update(hexBytes(message)).digest()
  return [0, 1].filter((v) => {
    const signer = recover(hash, Uint8Array.from([...compact, v]))
    return signer !== null && hexlify(signer) === address
  })
}

describeVectors('Wycheproof ECDSA secp256k1 (Bitcoin), at digest level', (read) => {
  const file = read<Wycheproof>('wycheproof_ecdsa_secp256k1_sha256_bitcoin_test.json')
  const cases = file.testGroups.flatMap(({ publicKey, tests }) => tests.map((test) => ({ ...test, publicKey })))
  const valid = cases.filter(({ result }) => result === 'valid')
  const invalid = cases.filter(({ result }) => result === 'invalid')

  it('is complete', () => {
    expect([file.numberOfTests, cases.length, valid.length, invalid.length]).toEqual([463, 463, 162, 301])
  })

  it.each(valid)('recovers the signer of valid case $tcId: $comment', ({ tcId, msg, sig, publicKey }) => {
    const compact = toCompact(sig)
    if (typeof compact === 'string') throw new Error(`a valid case is ${compact}`)
    // tcId 346: R.x is not below n, so r = R.x − n and only recovery ids 2 and 3 lead back. Ethereum has no v for them.
    expect(recoveriesOf(publicKey.uncompressed, msg, compact)).toHaveLength(tcId === 346 ? 0 : 1)
  })

  it('can express 69 of the invalid cases as compact signatures; the others are faults of DER', () => {
    const counts = { compact: 0, 'not DER': 0, negative: 0, 'over 32 bytes': 0 }
    for (const { sig } of invalid) {
      const compact = toCompact(sig)
      counts[typeof compact === 'string' ? compact : 'compact'] += 1
    }
    expect(counts).toEqual({ compact: 69, 'not DER': 192, negative: 27, 'over 32 bytes': 13 })
  })

  const expressible = invalid.flatMap((test) => {
    const compact = toCompact(test.sig)
    return typeof compact === 'string' ? [] : [{ ...test, compact }]
  })
  it.each(expressible)('does not recover the key of invalid case $tcId: $comment', ({ msg, compact, publicKey }) => {
    expect(recoveriesOf(publicKey.uncompressed, msg, compact)).toEqual([])
  })
})

/** An ERC-6492 wrapper, opened: how the account can be deployed or made ready, and what it is to be asked about then. */
export interface WrappedSignature {
  /** Canonical address. */
  readonly factory: string
  readonly factoryData: Uint8Array
  readonly signature: Uint8Array
}

/** ERC-6492: `0x6492` sixteen times. */
const MAGIC_SUFFIX = Buffer.from('6492'.repeat(16), 'hex')
const WORD = 32
const ADDRESS_PADDING = 12

/** Does it end as an ERC-6492 wrapper does? It is then never taken for a plain signature. */
export function isWrappedSignature(signature: Uint8Array): boolean {
  return (
    signature.length >= MAGIC_SUFFIX.length &&
    MAGIC_SUFFIX.equals(signature.subarray(signature.length - MAGIC_SUFFIX.length))
  )
}

/**
 * The parts of a wrapped signature: `abi.encode(address, bytes, bytes)` before the suffix. Null when the address isn't
 * padded with zeros or a part reaches beyond the end. Copies nothing.
 */
export function unwrapSignature(wrapped: Uint8Array): WrappedSignature | null {
  const body = wrapped.subarray(0, wrapped.length - MAGIC_SUFFIX.length)
  if (body.length < 3 * WORD || body.subarray(0, ADDRESS_PADDING).some((byte) => byte !== 0)) return null
  const factoryData = readBytes(body, WORD)
  const signature = readBytes(body, 2 * WORD)
  if (factoryData === null || signature === null) return null
  return { factory: `0x${Buffer.from(body.subarray(ADDRESS_PADDING, WORD)).toString('hex')}`, factoryData, signature }
}

function readBytes(body: Uint8Array, head: number): Uint8Array | null {
  const offset = readLength(body, head)
  const length = offset === null ? null : readLength(body, offset)
  if (offset === null || length === null) return null
  const start = offset + WORD
  return length <= body.length - start ? body.subarray(start, start + length) : null
}

/** The number in the word at this place; null when the word is not all there or the number is larger than any length here. */
function readLength(body: Uint8Array, at: number): number | null {
  if (at + WORD > body.length) return null
  const word = Buffer.from(body.buffer, body.byteOffset + at, WORD)
  if (word.subarray(0, WORD - 4).some((byte) => byte !== 0)) return null
  return word.readUInt32BE(WORD - 4)
}

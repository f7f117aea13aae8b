import bs58 from 'bs58'

/**
 * The bytes, or null unless the text is base58 (Bitcoin alphabet) of exactly this many. The length is judged first, because
 * decoding is quadratic in it. There is one spelling per value: leading `1`s are leading zero bytes, one for one.
 */
export function decodeBase58(text: string, byteLength: number): Uint8Array | null {
  if (text.length > maxBase58Length(byteLength)) return null
  const bytes = bs58.decodeUnsafe(text)
  return bytes?.length === byteLength ? bytes : null
}

const DIGIT_VALUES = new Map(
  [...'123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'].map((digit, value) => [digit, value]),
)
const DIGITS_PER_STEP = 4
const STEP = 58 ** DIGITS_PER_STEP
/** Three bytes to a limb: limb × step + carry stays below 2^53. */
const LIMB = 2 ** 24

/**
 * As `decodeBase58`, for anything up to this many bytes that does not begin with a zero byte (null then). Still quadratic, but
 * four digits and three bytes at a time: a packet takes an eighth of the time that it takes digit by digit.
 */
export function decodeLongBase58(text: string, maxBytes: number): Uint8Array | null {
  if (text.length > maxBase58Length(maxBytes) || text.startsWith('1')) return null
  const limbs = new Float64Array(Math.ceil(maxBytes / 3) + 1)
  let used = 0
  let start = 0
  let end = text.length % DIGITS_PER_STEP || DIGITS_PER_STEP
  while (start < text.length) {
    let carry = 0
    for (; start < end; start++) {
      const value = DIGIT_VALUES.get(text.charAt(start))
      if (value === undefined) return null
      carry = carry * 58 + value
    }
    for (let index = 0; index < used || carry > 0; index++) {
      const sum = (limbs[index] ?? 0) * STEP + carry
      carry = Math.floor(sum / LIMB)
      limbs[index] = sum - carry * LIMB
      if (index === used) used += 1
    }
    end += DIGITS_PER_STEP
  }
  return toBytes(limbs.subarray(0, used), maxBytes)
}

/** From limbs, the least first, to bytes, the greatest first and never zero. */
function toBytes(limbs: Float64Array, maxBytes: number): Uint8Array | null {
  const bytes = Buffer.alloc(limbs.length * 3)
  limbs.forEach((limb, index) => {
    bytes.writeUIntBE(limb, (limbs.length - 1 - index) * 3, 3)
  })
  const first = bytes.findIndex((byte) => byte !== 0)
  return first === -1 || bytes.length - first > maxBytes ? null : bytes.subarray(first)
}

/** log 256 / log 58 digits per byte: 44 for a key, 88 for a signature. */
function maxBase58Length(byteLength: number): number {
  return Math.ceil((byteLength * Math.LN2 * 8) / Math.log(58))
}

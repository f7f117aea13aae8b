/** A field of a message as it is on the wire (Protocol Buffers, "Encoding"): varints and fixed64 as bigint, the rest as bytes. */
export interface Field {
  readonly number: number
  readonly value: bigint | Buffer
}

/** The fields of one message, in the order they stand. @throws for what is no message */
export function readFields(message: Buffer): readonly Field[] {
  const fields: Field[] = []
  let at = 0
  const take = (length: number): Buffer => {
    if (at + length > message.length) throw new RangeError('the message ends within a field')
    at += length
    return message.subarray(at - length, at)
  }
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = take(1)[0] ?? 0
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new RangeError('a varint is too long')
  }
  while (at < message.length) {
    const tag = varint()
    const number = Number(tag >> 3n)
    if (number === 0) throw new RangeError('a field has no number')
    switch (tag & 7n) {
      case 0n:
        fields.push({ number, value: varint() })
        break
      case 1n:
        fields.push({ number, value: take(8).readBigUInt64LE() })
        break
      case 2n:
        fields.push({ number, value: take(Number(varint())) })
        break
      case 5n:
        fields.push({ number, value: BigInt(take(4).readUInt32LE()) })
        break
      default:
        throw new RangeError('a field has an unknown wire type')
    }
  }
  return fields
}

/** The messages of a repeated field. */
export function messagesOf(fields: readonly Field[], number: number): readonly Buffer[] {
  return fields.flatMap((field) => (field.number === number && Buffer.isBuffer(field.value) ? [field.value] : []))
}

/** The number of a field, 0 where it is left out. */
export function numberOf(fields: readonly Field[], number: number): bigint {
  const value = fields.findLast((field) => field.number === number)?.value
  return typeof value === 'bigint' ? value : 0n
}

/** The bytes of a field, none where it is left out. */
export function bytesOf(fields: readonly Field[], number: number): Buffer {
  return messagesOf(fields, number).at(-1) ?? Buffer.alloc(0)
}

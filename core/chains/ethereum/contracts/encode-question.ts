import { SIGNATURE_VALIDATOR } from './signature-validator.ts'

/** What the validator is to find out. */
export interface Question {
  readonly account: string
  /** 32 bytes: what ERC-1271 calls the hash. */
  readonly digest: Uint8Array
  /** Null: nothing may be called before the account. */
  readonly factory: string | null
  readonly factoryData: Uint8Array
  readonly signature: Uint8Array
  /** The most that asking the account may burn. It may be asked twice. */
  readonly accountGas: number
  readonly factoryGas: number
}

const WORD = 32
const HEAD_WORDS = 7

/** The validator's init code with its arguments (Solidity ABI, constructor order), as one hex text. */
export function encodeQuestion(question: Question): string {
  const factoryData = encodeBytes(question.factoryData)
  const signature = encodeBytes(question.signature)
  return [
    SIGNATURE_VALIDATOR,
    encodeAddress(question.account),
    toHex(question.digest),
    encodeAddress(question.factory ?? `0x${'0'.repeat(40)}`),
    encodeNumber(question.accountGas),
    encodeNumber(question.factoryGas),
    encodeNumber(HEAD_WORDS * WORD),
    encodeNumber(HEAD_WORDS * WORD + factoryData.length / 2),
    factoryData,
    signature,
  ].join('')
}

function encodeAddress(address: string): string {
  return address.slice(2).padStart(2 * WORD, '0')
}

function encodeNumber(value: number): string {
  return value.toString(16).padStart(2 * WORD, '0')
}

function encodeBytes(bytes: Uint8Array): string {
  const padded = Math.ceil(bytes.length / WORD) * WORD
  return encodeNumber(bytes.length) + toHex(bytes).padEnd(2 * padded, '0')
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

import bs58 from 'bs58'
import { PUBLIC_KEY_BYTES } from './address.ts'
import { ByteReader } from './byte-reader.ts'

const VERSION_0 = 0x80
const MEMO_PROGRAMS = [
  'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr',
  'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo',
].map((address) => bs58.decode(address))
const COMPUTE_BUDGET_PROGRAM = bs58.decode('ComputeBudget111111111111111111111111111111')
/** Instructions that only set the fee, by their tags, with their lengths: the limit is a u32, the price a u64. */
const FEE_INSTRUCTIONS = [
  { tag: 2, bytes: 5 },
  { tag: 3, bytes: 9 },
]
/** A blockhash is a SHA-256, and so is a durable nonce: no cluster will ever look back on one of zeros. */
const NO_BLOCKHASH = new Uint8Array(32)

/** Do the bytes begin as the message of such a transaction does (`isMemoTransactionOf`): legacy or version 0, one signer, few keys? */
export function beginsAsMemoTransaction(bytes: Uint8Array): boolean {
  const header = bytes[0] === VERSION_0 ? 1 : 0
  const programs = bytes[header + 2]
  const isSoleWritableSigner = bytes[header] === 1 && bytes[header + 1] === 0
  return isSoleWritableSigner && (programs === 1 || programs === 2) && bytes[header + 3] === 1 + programs
}

/**
 * Is this the message of a transaction that says this text, does nothing else, and can never land? It is legacy or version 0; paid
 * and signed by this key alone; with a blockhash of zeros; with one Memo instruction (version 1 or 2 of the program) whose data are
 * exactly the text and which names no account, or the signer; beside it, at most one compute unit limit and one compute unit price,
 * which wallets add; no lookup table, no unused key, no byte more. A durable nonce would need an instruction that is not allowed.
 *
 * One pass, and each length has one spelling.
 */
export function isMemoTransactionOf(bytes: Uint8Array, text: Uint8Array, publicKey: Uint8Array): boolean {
  if (!beginsAsMemoTransaction(bytes)) return false
  const isVersioned = bytes[0] === VERSION_0
  const reader = new ByteReader(bytes, isVersioned ? 4 : 3)

  const programCount = reader.length() - 1
  if (!isEqual(reader.take(PUBLIC_KEY_BYTES), publicKey)) return false
  const programs: (Program | null)[] = []
  for (let index = 0; index < programCount; index++) programs.push(identifyProgram(reader.take(PUBLIC_KEY_BYTES)))
  if (!isEqual(reader.take(NO_BLOCKHASH.length), NO_BLOCKHASH)) return false

  let memos = 0
  const feeTags = new Set<number>()
  const instructionCount = reader.length()
  for (let index = 0; index < instructionCount; index++) {
    const program = programs[reader.byte() - 1] // key 0 is the signer
    const accounts = reader.take(reader.length())
    const data = reader.take(reader.length())
    if (accounts === null || data === null) return false
    if (program === 'memo') {
      memos += 1
      const isOnlySigner = accounts.length === 0 || (accounts.length === 1 && accounts[0] === 0)
      if (!isOnlySigner || !isEqual(data, text)) return false
    } else if (program === 'compute budget') {
      const tag = data[0] ?? -1
      const isFee = FEE_INSTRUCTIONS.some((fee) => fee.tag === tag && fee.bytes === data.length)
      if (!isFee || accounts.length > 0 || feeTags.has(tag)) return false
      feeTags.add(tag)
    } else return false
  }
  if (memos !== 1 || programCount !== (feeTags.size > 0 ? 2 : 1)) return false
  if (isVersioned && reader.length() !== 0) return false // address lookup tables
  return reader.isAtEnd()
}

type Program = 'memo' | 'compute budget'

function identifyProgram(address: Uint8Array | null): Program | null {
  if (MEMO_PROGRAMS.some((memo) => isEqual(address, memo))) return 'memo'
  return isEqual(address, COMPUTE_BUDGET_PROGRAM) ? 'compute budget' : null
}

function isEqual(bytes: Uint8Array | null, expected: Uint8Array): boolean {
  return bytes !== null && Buffer.compare(bytes, expected) === 0
}

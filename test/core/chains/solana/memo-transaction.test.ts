import {
  AddressLookupTableAccount,
  ComputeBudgetProgram,
  PublicKey,
  SystemProgram,
  Transaction,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js'
import bs58 from 'bs58'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMemoTransactionOf } from '../../../../core/chains/solana/memo-transaction.ts'
import { createSolanaChain } from '../../../../core/chains/solana/solana-chain.ts'
import { fuzzBudget } from '../../../support/fuzz-budget.ts'
import { flipBit } from '../vectors.ts'
import { address, CHALLENGE, key, keypair, packet, SIGN_IN, stranger, utf8 } from './signed-texts.ts'

const chain = await createSolanaChain()

const MEMO = new PublicKey('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr')
const MEMO_V1 = new PublicKey('Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo')
const NO_BLOCKHASH = '1'.repeat(32)
const signer = { pubkey: keypair.publicKey, isSigner: true, isWritable: false }

const memo = (text: string, programId = MEMO, keys: TransactionInstruction['keys'] = []) =>
  new TransactionInstruction({ programId, keys, data: utf8(text) })
const limit = ComputeBudgetProgram.setComputeUnitLimit({ units: 200_000 })
const price = ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 2n ** 64n - 1n })
const pay = SystemProgram.transfer({ fromPubkey: keypair.publicKey, toPubkey: stranger.publicKey, lamports: 1 })
const advanceNonce = SystemProgram.nonceAdvance({
  noncePubkey: stranger.publicKey,
  authorizedPubkey: keypair.publicKey,
})

interface Options {
  readonly blockhash?: string
  readonly tables?: AddressLookupTableAccount[]
  readonly payer?: PublicKey
}

/** The message as web3.js compiles it, in both versions. */
function compile(instructions: TransactionInstruction[], options: Options = {}): Buffer[] {
  const { blockhash = NO_BLOCKHASH, tables = [], payer = keypair.publicKey } = options
  const message = new TransactionMessage({ payerKey: payer, recentBlockhash: blockhash, instructions })
  return [message.compileToLegacyMessage(), message.compileToV0Message(tables)].map(({ serialize }, index, messages) =>
    Buffer.from(serialize.call(messages[index])),
  )
}

const verdict = (text: string, bytes: Uint8Array, account = address) =>
  [bs58.encode(bytes), Buffer.from(bytes).toString('base64')].map((spelling) => {
    const signature = chain.decodeSignature(spelling)
    return signature === null ? 'malformed' : chain.verify(account, utf8(text), signature)
  })
const VALID = ['valid', 'valid']
const bothVerdicts = (text: string, messages: Buffer[]) => messages.map((message) => verdict(text, packet(message)))

describe('memo transactions', () => {
  it.each([
    ['a memo', [memo(SIGN_IN)]],
    ['a memo that names its signer', [memo(SIGN_IN, MEMO, [signer])]],
    ['a memo of the first program', [memo(SIGN_IN, MEMO_V1)]],
    ['a memo with a compute unit limit', [limit, memo(SIGN_IN)]],
    ['a memo with a compute unit price', [price, memo(SIGN_IN)]],
    ['a memo with both, in front', [limit, price, memo(SIGN_IN)]],
    ['a memo with both, behind', [memo(SIGN_IN), price, limit]],
  ])('sign in: %s', (_title, instructions) => {
    expect(bothVerdicts(SIGN_IN, compile(instructions))).toEqual([VALID, VALID])
  })

  it('sign in as wallets send them: whole transactions of web3.js', () => {
    const legacy = new Transaction({ feePayer: keypair.publicKey, recentBlockhash: NO_BLOCKHASH }).add(memo(CHALLENGE))
    legacy.sign(keypair)
    expect(verdict(CHALLENGE, legacy.serialize())).toEqual(VALID)
    const versioned = new VersionedTransaction(
      new TransactionMessage({
        payerKey: keypair.publicKey,
        recentBlockhash: NO_BLOCKHASH,
        instructions: [limit, memo(CHALLENGE)],
      }).compileToV0Message(),
    )
    versioned.sign([keypair])
    expect(verdict(CHALLENGE, versioned.serialize())).toEqual(VALID)
  })

  it('sign in with texts up to the size of a packet', () => {
    const fits = 'x'.repeat(1232 - packet(compile([memo('x'.repeat(200))])[0] ?? Buffer.of()).length + 200)
    const [whole = Buffer.of()] = compile([memo(fits)])
    expect(packet(whole)).toHaveLength(1232)
    expect(verdict(fits, packet(whole))).toEqual(VALID)
    // web3.js compiles no more; one byte longer by hand: the last byte but one of the length, and the text.
    const tooLong = Buffer.concat([whole, utf8('x')])
    const lengthAt = whole.length - fits.length - 2
    tooLong[lengthAt] = (tooLong[lengthAt] ?? 0) + 1
    expect(isMemoTransactionOf(tooLong, utf8(`${fits}x`), key)).toBe(true)
    expect(verdict(`${fits}x`, packet(tooLong))).toEqual(['malformed', 'malformed'])
    expect(chain.verify(address, utf8(`${fits}x`), packet(tooLong))).toBe('invalid')
  })

  const nonce = stranger.publicKey.toBase58()
  const readonlyStranger = { pubkey: stranger.publicKey, isSigner: false, isWritable: false }
  it.each<[string, TransactionInstruction[], Options?]>([
    ['it could land: some blockhash', [memo(SIGN_IN)], { blockhash: nonce }],
    ['it could land: a blockhash all but zero', [memo(SIGN_IN)], { blockhash: `${'1'.repeat(31)}2` }],
    ['a durable nonce', [advanceNonce, memo(SIGN_IN)], { blockhash: nonce }],
    ['a durable nonce of zeros', [advanceNonce, memo(SIGN_IN)]],
    ['a payment beside it', [memo(SIGN_IN), pay]],
    ['a payment before it', [pay, memo(SIGN_IN)]],
    ['two memos', [memo(SIGN_IN), memo(SIGN_IN)]],
    ['two memos, one of each program', [memo(SIGN_IN), memo(SIGN_IN, MEMO_V1)]],
    ['no memo', [limit, price]],
    ['no instruction', []],
    ['another program', [memo(SIGN_IN, stranger.publicKey)]],
    ['the System Program', [memo(SIGN_IN, SystemProgram.programId)]],
    ['a memo of another text', [memo(CHALLENGE)]],
    ['a memo of more', [memo(`${SIGN_IN} `)]],
    ['a memo of less', [memo(SIGN_IN.slice(0, -1))]],
    ['an empty memo', [memo('')]],
    ['a memo that names another account', [memo(SIGN_IN, MEMO, [readonlyStranger])]],
    ['a memo that names its signer twice', [memo(SIGN_IN, MEMO, [signer, signer])]],
    ['a memo that names its program', [memo(SIGN_IN, MEMO, [{ pubkey: MEMO, isSigner: false, isWritable: false }])]],
    ['a second signer', [memo(SIGN_IN, MEMO, [{ ...readonlyStranger, isSigner: true }])]],
    ['a payer who is not the signer', [memo(SIGN_IN, MEMO, [signer])], { payer: stranger.publicKey }],
    ['another payer', [memo(SIGN_IN)], { payer: stranger.publicKey }],
    ['two limits', [limit, limit, memo(SIGN_IN)]],
    ['a heap frame', [ComputeBudgetProgram.requestHeapFrame({ bytes: 65_536 }), memo(SIGN_IN)]],
    ['a limit that names an account', [new TransactionInstruction({ ...limit, keys: [signer] }), memo(SIGN_IN)]],
    [
      'a limit that is too long',
      [new TransactionInstruction({ ...limit, data: Buffer.concat([limit.data, Buffer.of(0)]) }), memo(SIGN_IN)],
    ],
  ])('are refused: %s', (_title, instructions, options) => {
    for (const verdicts of bothVerdicts(SIGN_IN, compile(instructions, options))) {
      for (const found of verdicts) expect(['invalid', 'malformed']).toContain(found)
    }
  })

  it('are refused with an address lookup table', () => {
    const table = new AddressLookupTableAccount({
      key: stranger.publicKey,
      state: {
        deactivationSlot: 2n ** 64n - 1n,
        lastExtendedSlot: 0,
        lastExtendedSlotStartIndex: 0,
        addresses: [MEMO_V1],
      },
    })
    const readonly = { pubkey: MEMO_V1, isSigner: false, isWritable: false }
    const [, looked = Buffer.of()] = compile([memo(SIGN_IN, MEMO, [readonly])], { tables: [table] })
    expect(looked.includes(stranger.publicKey.toBuffer())).toBe(true)
    expect(isMemoTransactionOf(looked, utf8(SIGN_IN), key)).toBe(false)

    // A table that nothing uses.
    const [, plain = Buffer.of()] = compile([memo(SIGN_IN)])
    expect(isMemoTransactionOf(plain, utf8(SIGN_IN), key)).toBe(true)
    const idle = Buffer.concat([plain.subarray(0, -1), Buffer.of(1), stranger.publicKey.toBuffer(), Buffer.of(0, 1, 0)])
    expect(isMemoTransactionOf(idle, utf8(SIGN_IN), key)).toBe(false)
  })

  it('are refused with a key that nothing uses', () => {
    // Signer, memo and a limit, of which the limit is cut out again.
    const [whole = Buffer.of()] = compile([memo(SIGN_IN), limit])
    const countAt = 4 + 3 * 32 + 32
    expect(whole[countAt]).toBe(2)
    const idle = Buffer.from(whole.subarray(0, -(3 + limit.data.length)))
    idle[countAt] = 1
    expect(isMemoTransactionOf(idle, utf8(SIGN_IN), key)).toBe(false)
    expect(isMemoTransactionOf(whole, utf8(SIGN_IN), key)).toBe(true)
  })

  it('are refused with an instruction for the signer, or for a key that is not there', () => {
    const [whole = Buffer.of()] = compile([memo(SIGN_IN)])
    const countAt = 4 + 2 * 32 + 32
    expect(whole[countAt]).toBe(1)
    for (const program of [0, 2, 0xff]) {
      const second = Buffer.concat([whole, Buffer.of(program, 0, 0)])
      second[countAt] = 2
      expect(isMemoTransactionOf(second, utf8(SIGN_IN), key), `${program}`).toBe(false)
    }
  })

  it('are refused when a length is spelled in more bytes than it needs', () => {
    const [whole = Buffer.of()] = compile([memo(CHALLENGE)])
    const at = whole.length - utf8(CHALLENGE).length - 1
    expect(whole[at]).toBe(CHALLENGE.length)
    for (const spelling of [
      [0x80 | CHALLENGE.length, 0x00],
      [0x80 | CHALLENGE.length, 0x80, 0x00],
    ]) {
      const padded = Buffer.concat([whole.subarray(0, at), Buffer.from(spelling), whole.subarray(at + 1)])
      expect(isMemoTransactionOf(padded, utf8(CHALLENGE), key)).toBe(false)
    }
  })

  it('are refused with another number of signatures than one', () => {
    const [message = Buffer.of()] = compile([memo(SIGN_IN)])
    const signature = packet(message).subarray(1, 65)
    for (const count of [0, 2, 0x81]) {
      const signatures = Buffer.concat(Array(count === 2 ? 2 : 1).fill(signature))
      const bytes = Buffer.concat([Buffer.of(count), signatures, message])
      expect(chain.verify(address, utf8(SIGN_IN), bytes), `${count}`).toBe('invalid')
      expect(verdict(SIGN_IN, bytes)).toEqual(['malformed', 'malformed'])
    }
  })

  it('sign nobody else in', () => {
    for (const message of compile([memo(SIGN_IN)])) {
      expect(verdict(SIGN_IN, packet(message, stranger))).toEqual(['invalid', 'invalid'])
      expect(verdict(SIGN_IN, packet(message), stranger.publicKey.toBase58())).toEqual(['invalid', 'invalid'])
      expect(verdict(SIGN_IN, packet(message, stranger), stranger.publicKey.toBase58())).toEqual(['invalid', 'invalid'])
    }
  })

  it('need the packet: a bare signature over a transaction signs nobody in', () => {
    for (const message of compile([memo(SIGN_IN)])) {
      expect(chain.verify(address, utf8(SIGN_IN), packet(message).subarray(1, 65))).toBe('invalid')
    }
  })

  it('are refused with any bit flipped, though the rest be signed anew', () => {
    for (const message of compile([memo(SIGN_IN, MEMO, [signer])])) {
      const passed: number[] = []
      for (let bit = 0; bit < message.length * 8; bit++) {
        if (isMemoTransactionOf(flipBit(message, bit), utf8(SIGN_IN), key)) passed.push(bit)
      }
      expect(passed).toEqual([])
      const whole = packet(message)
      for (let bit = 0; bit < whole.length * 8; bit++) {
        if (chain.verify(address, utf8(SIGN_IN), flipBit(whole, bit)) === 'valid') passed.push(bit)
      }
      expect(passed).toEqual([])
    }
  })

  it('are refused with any byte cut out, put in, or behind', () => {
    for (const message of compile([limit, memo(SIGN_IN)])) {
      const passed: number[] = []
      for (let at = 0; at <= message.length; at++) {
        const [before, after] = [message.subarray(0, at), message.subarray(at)]
        const inserted = [0, 1, 0x80, message[at] ?? 0].map((byte) => Buffer.concat([before, Buffer.of(byte), after]))
        const cut = at < message.length ? [before, Buffer.concat([before, after.subarray(1)])] : []
        if ([...inserted, ...cut].some((bytes) => isMemoTransactionOf(bytes, utf8(SIGN_IN), key))) passed.push(at)
      }
      // A one in front of the memo's empty list of accounts names account 0, the signer, and that is wanted too.
      const noTables = message[0] === 0x80 ? 1 : 0
      const accountsAt = message.length - noTables - utf8(SIGN_IN).length - 3
      expect(passed).toEqual([accountsAt])
    }
  })

  it('never make the reader throw, whatever the bytes', () => {
    const [message = Buffer.of()] = compile([limit, memo('m')])
    const random = fc.uint8Array({ maxLength: 1300 })
    const mutated = fc
      .tuple(fc.nat(message.length), fc.uint8Array({ maxLength: 40 }), fc.nat(40))
      .map(([at, bytes, cut]) => Buffer.concat([message.subarray(0, at), bytes, message.subarray(at + cut)]))
    let refused = 0
    fc.assert(
      fc.property(fc.oneof(random, mutated), fc.uint8Array({ maxLength: 80 }), (bytes, head) => {
        if (!isMemoTransactionOf(bytes, utf8('m'), key)) refused += 1
        const whole = Buffer.concat([Buffer.of(1), new Uint8Array(64), head, bytes])
        expect(chain.verify(address, utf8('m'), whole)).toBe('invalid')
      }),
      fuzzBudget(2000),
    )
    expect(refused).toBeGreaterThan(1000)
  })

  it('never pass for a text: no transaction verifies as the text of itself', () => {
    for (const message of [...compile([memo(SIGN_IN)]), ...compile([pay], { blockhash: nonce })]) {
      const whole = packet(message)
      expect(chain.verify(address, message, whole.subarray(1, 65))).toBe('invalid')
      expect(chain.verify(address, message, whole)).toBe('invalid')
    }
  })
})

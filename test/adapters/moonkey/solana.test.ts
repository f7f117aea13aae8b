import bs58 from 'bs58'
import nacl from 'tweetnacl'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { type Signer, solanaSigner } from '../../support/signers.ts'
import { forgeForSmallOrderKey, SMALL_ORDER_KEYS } from '../../support/small-order-keys.ts'
import { SIGNATURE_ENCODINGS } from '../../support/solana-wallets.ts'
import { type MoonKeyDoor, openDoor, readBegin, readNonce, readWallet, refusalOf, SIWE_VERIFY, VERIFY } from './door.ts'

const encodings = Object.keys(SIGNATURE_ENCODINGS) as (keyof typeof SIGNATURE_ENCODINGS)[]
const smallOrder = Object.entries(SMALL_ORDER_KEYS).map(
  ([title, hex]) => [title, Uint8Array.from(Buffer.from(hex, 'hex'))] as const,
)

describe.each(STORES)('MoonKey and Solana on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  it.each(encodings)('MOON-15: a signature in %s is accepted at verify and at siwe/verify', async (encoding) => {
    const signer = solanaSigner(encoding)
    const { id } = await door.signIn(signer)
    expect((await door.signInBySiwe(signer)).id).toBe(id)
  })

  it('MOON-15: base64 whose text is all base58 letters is still told apart, by its length', async () => {
    // 64 bytes are 88 characters of base64 ending in "==", and at most 88 of base58 without "=".
    const signer = solanaSigner('base64')
    for (let i = 0; i < 20; i += 1) readWallet(await door.verify(await door.prove(signer)))
  })

  it('MOON-15: any other spelling of the signature is refused, and the right one still accepted', async () => {
    const signer = solanaSigner()
    const body = await door.prove(signer)
    const bytes = bs58.decode(body.signature)
    const base64 = Buffer.from(bytes).toString('base64')
    const bad = [
      Buffer.from(bytes).toString('hex'),
      `0x${Buffer.from(bytes).toString('hex')}`,
      base64.replaceAll('=', ''),
      base64.slice(0, -1),
      `${base64}=`,
      ` ${body.signature}`,
      `${body.signature}\n`,
      `1${body.signature}`,
      body.signature.slice(0, -1),
      bs58.encode(bytes.subarray(0, 63)),
      bs58.encode(Uint8Array.from([...bytes, 0])),
      bs58.encode(new Uint8Array(64)),
      '1'.repeat(64),
      '1'.repeat(88),
      'A'.repeat(88),
    ]
    for (const signature of bad) {
      expect(`${signature}: ${refusalOf(await door.verify({ ...body, signature }))}`).toBe(
        `${signature}: 400 invalid_signature`,
      )
    }
    readWallet(await door.verify(body))
  })

  it('MOON-15: a wallet made from a signature’s own bytes, or with a damaged half, signs nothing', async () => {
    const signer = solanaSigner()
    const body = await door.prove(signer)
    const bytes = bs58.decode(body.signature)
    for (const index of [0, 31, 32, 63]) {
      const damaged = Uint8Array.from(bytes)
      damaged[index] = (damaged[index] ?? 0) ^ 1
      expect(refusalOf(await door.verify({ ...body, signature: bs58.encode(damaged) }))).toBe('400 invalid_signature')
    }
    readWallet(await door.verify(body))
  })

  describe.each(smallOrder)('the key of small order "%s"', (_, publicKey) => {
    const address = bs58.encode(publicKey)

    it.each(encodings)(
      'MOON-15: cannot sign in with a forged signature in %s, by challenge or message',
      async (encoding) => {
        const encode = SIGNATURE_ENCODINGS[encoding]
        const forger: Signer = { ...solanaSigner(), address, shownAddress: address }
        const { challenge } = readBegin(await door.begin(forger))
        const message = door.siweText(forger, readNonce(await door.nonce(forger)).nonce)
        for (const [path, text] of [
          [VERIFY, challenge],
          [SIWE_VERIFY, message],
        ] as const) {
          const bytes = new TextEncoder().encode(text)
          const forged = forgeForSmallOrderKey(publicKey, bytes)
          // What we refuse, a common library accepts: otherwise refusing it would prove nothing.
          expect(nacl.sign.detached.verify(bytes, forged, publicKey)).toBe(true)
          const constant = Uint8Array.from([1, ...new Uint8Array(63)])
          for (const signature of [forged, constant].map(encode)) {
            const body = { wallet_type: 'solana', public_address: address, signature, session_expires_in: 60 }
            expect(refusalOf(await door.post(path, { ...body, siwe_challenge: message }))).toBe('400 invalid_signature')
          }
        }
        expect(await door.ownerOf(forger)).toBeNull()
      },
    )
  })
})

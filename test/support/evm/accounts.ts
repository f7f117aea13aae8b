import { randomBytes } from 'node:crypto'
import { type Address, concatHex, encodeAbiParameters, type Hex, parseAbiParameters } from 'viem'
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'

/** A key nobody has used before. */
export const newKey = (): PrivateKeyAccount => privateKeyToAccount(generatePrivateKey())

export const newSalt = (): Hex => `0x${randomBytes(32).toString('hex')}`

/** ERC-6492, "Signer side". */
export function wrapSignature(factory: Address, factoryData: Hex, signature: Hex): Hex {
  const parts = encodeAbiParameters(parseAbiParameters('address, bytes, bytes'), [factory, factoryData, signature])
  return concatHex([parts, `0x${'6492'.repeat(16)}`])
}

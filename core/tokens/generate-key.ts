import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Clock, RandomSource } from '../ports.ts'
import type { KeyPairDoor } from '../stores/key-store.ts'
import { createSelfSignedCertificate } from './self-signed-certificate.ts'
import { thumbprint } from './signing-key.ts'

/** MoonKey's SDK looks for RSA keys alone (its digest §6); WalletKit's clients check no signature, so the cheaper one. */
export const KEY_PAIR_ALGORITHMS = { moonkey: 'RS256', walletkit: 'ES256' } as const satisfies Record<
  KeyPairDoor,
  'RS256' | 'ES256'
>

/** A key pair with its name and certificate, in no set yet. */
export interface FreshKey {
  readonly keyId: string
  readonly algorithm: 'RS256' | 'ES256'
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly certificate: string
}

const newKeyPair = {
  RS256: () => promisify(generateKeyPair)('rsa', { modulusLength: 2048, publicExponent: 0x10001 }),
  ES256: () => promisify(generateKeyPair)('ec', { namedCurve: 'P-256' }),
}

/** A new key pair for this dialect: RSA of 2048 bits, or P-256. Made on the thread pool, so requests go on meanwhile. */
export async function generateKey(
  { clock, random }: { clock: Clock; random: RandomSource },
  door: KeyPairDoor,
): Promise<FreshKey> {
  const algorithm = KEY_PAIR_ALGORITHMS[door]
  let { privateKey, publicKey } = await newKeyPair[algorithm]()
  // One thumbprint in 64 begins with a dash, and a command would take it for an option.
  while (thumbprint(publicKey).startsWith('-')) ({ privateKey, publicKey } = await newKeyPair[algorithm]())
  const keyId = thumbprint(publicKey)
  const notBefore = clock.now()
  const der = createSelfSignedCertificate({ privateKey, commonName: keyId, notBefore, serial: random.bytes(16) })
  return { keyId, algorithm, privateKey, publicKey, certificate: der.toString('base64') }
}

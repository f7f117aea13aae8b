import { createHash } from 'node:crypto'
import type { RandomSource } from '../../core/ports.ts'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const KSUID_BYTES = 20
const KSUID_LENGTH = 27

/** `app_` and 27 base62 characters, as MoonKey writes App ids. Wholly random: a KSUID's time would say nothing here. */
export function newAppId(random: RandomSource): string {
  return formatAppId(random.bytes(KSUID_BYTES))
}

/**
 * The App id of a project that is known by another id: the same for the same project id, on every replica and after every
 * restart. An id that is an App id already is kept, so that a team leaving MoonKey keeps its own.
 */
export function appIdOf(projectId: string): string {
  if (projectId.startsWith('app_')) return projectId
  return formatAppId(
    createHash('sha256').update(`walletgate moonkey app\n${projectId}`).digest().subarray(0, KSUID_BYTES),
  )
}

/** `sk_test_` or `pk_test_` and 48 letters and digits, about 285 random bits, as MoonKey writes its keys. */
export function newApiKey(prefix: 'sk_test_' | 'pk_test_', random: RandomSource): string {
  // 40 bytes for 48 digits: what the modulus favours is below one part in 2^34.
  return prefix + toBase62(random.bytes(40), 48)
}

function formatAppId(bytes: Uint8Array): string {
  return `app_${toBase62(bytes, KSUID_LENGTH)}`
}

/** The lowest `length` base62 digits of the bytes read as one big-endian number. */
function toBase62(bytes: Uint8Array, length: number): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (let i = 0; i < length; i++) {
    text = BASE62.charAt(Number(rest % 62n)) + text
    rest /= 62n
  }
  return text
}

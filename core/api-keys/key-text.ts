import { createHash } from 'node:crypto'
import { newAlphanumeric } from '../ids.ts'
import type { RandomSource } from '../ports.ts'
import type { ApiKeyKind } from './api-key.ts'

const PREFIXES = { secret: 'sk_live_', public: 'pk_live_' } as const satisfies Record<ApiKeyKind, string>
/** 43 of 62 characters: 256 bits. */
const RANDOM_LENGTH = 43
const CHECK_LENGTH = 5
const CHECK_RANGE = 62n ** BigInt(CHECK_LENGTH)
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const FORM = /^[sp]k_live_[0-9A-Za-z]{48}$/

/**
 * A fresh key: `sk_live_` or `pk_live_`, 43 random letters and digits (256 bits) and 5 that check them. As long as the vendor's own.
 */
export function newApiKeyText(kind: ApiKeyKind, random: RandomSource): string {
  const text = PREFIXES[kind] + newAlphanumeric(RANDOM_LENGTH, random)
  return text + checkOf(text)
}

/** Whether it is written like a key of this kind. Cheap, and true of other texts too. */
export function hasApiKeyForm(kind: ApiKeyKind, text: string): boolean {
  return text.startsWith(PREFIXES[kind]) && FORM.test(text)
}

/** Whether `newApiKeyText` could have made this. What is mistyped, cut off or somebody else's is refused without asking anybody. */
export function isApiKeyText(kind: ApiKeyKind, text: string): boolean {
  return hasApiKeyForm(kind, text) && text.slice(-CHECK_LENGTH) === checkOf(text.slice(0, -CHECK_LENGTH))
}

/**
 * SHA-256 in lower-case hex. A plain hash is enough: nobody can try 2^256 keys, so there is nothing a salt or a slow hash would make
 * harder.
 */
export function digestApiKey(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The characters of a key that may be shown: the check, which is no part of what has to be guessed. */
export function endingOf(text: string): string {
  return text.slice(-CHECK_LENGTH)
}

/** A checksum, not a proof: whoever knows the rule can compute it. */
function checkOf(text: string): string {
  let rest = BigInt(`0x${digestApiKey(`walletgate api key check\n${text}`).slice(0, 16)}`) % CHECK_RANGE
  let check = ''
  for (let index = 0; index < CHECK_LENGTH; index += 1) {
    check = BASE62.charAt(Number(rest % 62n)) + check
    rest /= 62n
  }
  return check
}

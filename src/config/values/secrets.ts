import { digestApiKey } from '../../../core/api-keys/key-text.ts'
import { accept, commaList, type Reader, type Reading, refuse } from './reader.ts'

export const MIN_SECRET_BYTES = 32
const MAX_SECRET_BYTES = 1024
const REMEDY = 'Make one with: openssl rand -hex 32'

/** Text that stands in documentation, ours or others', where a secret belongs. */
export function isPlaceholder(text: string): boolean {
  return /change-?_?me|replace-?_?(?:me|with)|your-?_?(?:256-bit-?_?)?secret|at-least-(?:256-bits|32)/i.test(text)
}

/** One of `WALLETGATE_SECRET`'s entries: its UTF-8 bytes. Refuses fewer than 32 bytes and well-known examples. */
const wrappingSecret: Reader<Uint8Array> = (text) => {
  const bytes = new TextEncoder().encode(text)
  if (isPlaceholder(text)) return refuse('is a well-known example', REMEDY)
  if (bytes.length < MIN_SECRET_BYTES)
    return refuse(`has ${bytes.length} bytes, fewer than ${MIN_SECRET_BYTES}`, REMEDY)
  if (bytes.length > MAX_SECRET_BYTES) return refuse(`has ${bytes.length} bytes, more than ${MAX_SECRET_BYTES}`, REMEDY)
  return accept(bytes)
}

/** Newest first. Refuses the same secret twice: dropping one of them would then not retire it. */
export const wrappingSecrets: Reader<readonly Uint8Array[]> = (text) => {
  const reading = commaList(wrappingSecret)(text)
  const entries = text.split(',').map((entry) => entry.trim())
  if (reading.ok && new Set(entries).size < entries.length) {
    return refuse('has the same secret twice', 'List each secret once, newest first')
  }
  return reading
}

/**
 * 4mica's shared secret, trimmed as 4mica core trims it. Refuses what core refuses: blank, and the value of its own
 * development setup.
 */
export const sharedJwtSecret: Reader<string> = (text) => {
  const secret = text.trim()
  if (secret === '') return refuse('is blank', REMEDY)
  if (secret === 'dev-insecure-change-me') return refuse('is the well-known development secret', REMEDY)
  if (secret.length > MAX_SECRET_BYTES) return refuse(`has more than ${MAX_SECRET_BYTES} characters`, REMEDY)
  return accept(secret)
}

const HASHED = 'sha256:'

/** A MoonKey secret key, or its SHA-256 in place of it. */
export const secretKey: Reader<string> = (text) => {
  if (!text.startsWith(HASHED)) return apiKey(text, 'sk_')
  return /^[0-9a-f]{64}$/i.test(text.slice(HASHED.length))
    ? accept(text.toLowerCase())
    : refuse('is no sha256: and 64 hex digits', 'Make it with: walletgate api-keys hash')
}

/** How a configuration says a secret key without holding it. */
export function hashedSecretKey(key: string): string {
  return HASHED + digestApiKey(key)
}

/** A MoonKey public key. */
export const publicKey: Reader<string> = (text) => apiKey(text, 'pk_')

function apiKey(text: string, prefix: string): Reading<string> {
  if (!text.startsWith(prefix)) return refuse(`does not begin with ${prefix}`, `Set a key that begins with ${prefix}`)
  return /^[A-Za-z0-9_-]{4,256}$/.test(text)
    ? accept(text)
    : refuse(
        'is no key of 4 to 256 letters, digits, _ and -',
        `Set ${prefix}test_ or ${prefix}live_ and 48 letters and digits`,
      )
}

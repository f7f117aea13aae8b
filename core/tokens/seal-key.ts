import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { AuthError } from '../errors.ts'
import type { RandomSource } from '../ports.ts'
import type { KeyFacts, KeySetOwner, StoredKey } from '../stores/key-store.ts'

const FORMAT = 'v1'
const WRAPPING = 'walletgate/token-keys/wrap/v1'
const NAMING = 'walletgate/token-keys/secret-id/v1'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const SEALED = /^v1\.([\w-]{8})\.([\w-]{16})\.([\w-]{22,})$/
const MAX_SEALED_LENGTH = 4096

/** Writes keys so that the store can neither read nor alter them. */
export interface KeySealer {
  /** The key at rest, under the newest secret. `privateKey` is null for a retiring key: nobody needs it any more. */
  seal(owner: KeySetOwner, facts: KeyFacts, privateKey: KeyObject | null): StoredKey
  /**
   * The private key, or null for a retiring key.
   * @throws {AuthError} `store_unavailable`: `key_secret_unknown` when it was sealed under a secret that is not here,
   * `key_tampered` when any field differs from what was sealed. Never a new key.
   */
  open(owner: KeySetOwner, stored: StoredKey): KeyObject | null
  /** Whether the key lies under the newest secret, so that it does not need the older ones. */
  isNewest(stored: StoredKey): boolean
}

/**
 * A sealer over the server's secrets, newest first: AES-256-GCM under a key derived by HKDF-SHA256 for this purpose alone.
 * The seal names its secret by an id from which nothing can be computed, and authenticates the owner and every fact.
 */
export function createKeySealer(secrets: readonly Uint8Array[], random: RandomSource): KeySealer {
  const wrappingKeys = new Map(
    secrets.map((secret) => [secretId(secret), createSecretKey(derive(secret, WRAPPING, 32))]),
  )
  const [newest] = wrappingKeys
  if (newest === undefined) throw new RangeError('sealing keys takes a secret')
  const [newestId, newestKey] = newest
  return {
    seal(owner, facts, privateKey) {
      const nonce = random.bytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', newestKey, nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(authenticatedFacts(owner, facts))
      const plain = privateKey?.export({ type: 'pkcs8', format: 'der' }) ?? Buffer.alloc(0)
      const box = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
      plain.fill(0)
      const sealed = `${FORMAT}.${newestId}.${Buffer.from(nonce).toString('base64url')}.${box.toString('base64url')}`
      return { ...facts, sealed }
    },
    open(owner, stored) {
      const [, id, nonce, box] = (stored.sealed.length <= MAX_SEALED_LENGTH && SEALED.exec(stored.sealed)) || []
      if (id === undefined || nonce === undefined || box === undefined) throw unreadable('key_tampered', owner, stored)
      const key = wrappingKeys.get(id)
      if (key === undefined) throw unreadable('key_secret_unknown', owner, stored)
      try {
        const bytes = Buffer.from(box, 'base64url')
        const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'), {
          authTagLength: TAG_BYTES,
        })
        decipher.setAAD(authenticatedFacts(owner, stored))
        decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
        const plain = Buffer.concat([decipher.update(bytes.subarray(0, bytes.length - TAG_BYTES)), decipher.final()])
        if (plain.length === 0) return null
        const privateKey = createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' })
        plain.fill(0)
        return privateKey
      } catch (error) {
        throw unreadable('key_tampered', owner, stored, error)
      }
    },
    isNewest: ({ sealed }) => sealed.startsWith(`${FORMAT}.${newestId}.`),
  }
}

function derive(secret: Uint8Array, purpose: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), purpose, length))
}

function secretId(secret: Uint8Array): string {
  return derive(secret, NAMING, 6).toString('base64url')
}

/** A list, so that no value can flow into its neighbour. */
function authenticatedFacts(
  { projectId, door }: KeySetOwner,
  { keyId, algorithm, state, createdAt, retiredAt, certificate }: KeyFacts,
): Buffer {
  return Buffer.from(
    JSON.stringify([FORMAT, projectId, door, keyId, algorithm, state, createdAt, retiredAt, certificate]),
  )
}

function unreadable(
  reason: 'key_secret_unknown' | 'key_tampered',
  { projectId, door }: KeySetOwner,
  { keyId }: StoredKey,
  cause?: unknown,
): AuthError {
  const problem =
    reason === 'key_secret_unknown'
      ? 'was sealed under a secret that is not among the configured ones'
      : 'does not match its seal: the record was altered, or belongs elsewhere'
  const detail = `the ${door} key ${keyId} of project ${projectId} ${problem}`
  return new AuthError('store_unavailable', reason, new Error(detail, cause === undefined ? undefined : { cause }))
}

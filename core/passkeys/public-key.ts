/** The algorithms we ask for (RFC 9053 §2, RFC 8812 §2), the one every authenticator knows first. */
export const PUBLIC_KEY_ALGORITHMS = { es256: -7, eddsa: -8, rs256: -257 } as const

// Labels of a COSE_Key (RFC 9052 §7.1, RFC 9053 §7, RFC 8230 §4).
const [KTY, ALG] = [1, 3]
const [CRV, X, Y] = [-1, -2, -3]
const [N, E] = [-1, -2]
const [OKP, EC2, RSA] = [1, 2, 3]
const [P256, ED25519] = [1, 6]

const MIN_MODULUS_BYTES = 256
const MAX_MODULUS_BYTES = 512
const MAX_EXPONENT_BYTES = 4

/**
 * Whether a COSE_Key is one of the three kinds we asked for, complete, and of a usual size: a longer RSA key makes every later sign-in
 * as slow as whoever made it likes. The library reads an algorithm's curve from the key and bounds nothing.
 */
export function isSupportedKey(key: unknown): boolean {
  if (!(key instanceof Map)) return false
  const sizeOf = (label: number): number => {
    const value: unknown = key.get(label)
    return value instanceof Uint8Array ? value.length : 0
  }
  switch (key.get(ALG)) {
    case PUBLIC_KEY_ALGORITHMS.es256:
      return key.get(KTY) === EC2 && key.get(CRV) === P256 && sizeOf(X) === 32 && sizeOf(Y) === 32 && key.size === 5
    case PUBLIC_KEY_ALGORITHMS.eddsa:
      return key.get(KTY) === OKP && key.get(CRV) === ED25519 && sizeOf(X) === 32 && key.size === 4
    case PUBLIC_KEY_ALGORITHMS.rs256:
      return (
        key.get(KTY) === RSA &&
        sizeOf(N) >= MIN_MODULUS_BYTES &&
        sizeOf(N) <= MAX_MODULUS_BYTES &&
        sizeOf(E) > 0 &&
        sizeOf(E) <= MAX_EXPONENT_BYTES &&
        key.size === 4
      )
    default:
      return false
  }
}

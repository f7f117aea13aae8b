import type { MessageProof } from '../../core/index.ts'
import { allowsDomain, allowsUri, type OriginPolicy } from './origins.ts'

/** What a message must say to sign in at an allowed origin, where the dialect pins no statement and no chain. */
export function expectAllowedOrigin(origins: OriginPolicy): MessageProof['expectation'] {
  return {
    acceptsOrigin: (scheme, domain) => allowsDomain(origins, scheme, domain),
    acceptsUri: (uri) => allowsUri(origins, uri),
    acceptsStatement: () => true,
    acceptsChainId: () => true,
    // `Issued At` is the client's clock. How fresh a message is, its nonce says, which is ours and lives for minutes.
    maxAgeSeconds: Number.POSITIVE_INFINITY,
    maxClockSkewSeconds: Number.POSITIVE_INFINITY,
  }
}

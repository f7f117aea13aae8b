/** `secret`: shown by the customer's servers, `sk_…`. `public`: shown by the customer's pages, `pk_…`. */
export type ApiKeyKind = 'secret' | 'public'

/** What is known of an API key. The key itself is nowhere: whoever made it was told once. */
export interface ApiKey {
  /** `key_` and a KSUID. */
  readonly id: string
  readonly projectId: string
  readonly kind: ApiKeyKind
  /** What people call it; null where nobody named it. */
  readonly name: string | null
  /** SHA-256 of the key, 64 hex digits in lower case. */
  readonly digest: string
  /** The last characters of the key, by which people recognise it. They are computed from the others, and add nothing to guess. */
  readonly ending: string
  readonly createdAt: Date
  /** Null: it is accepted. */
  readonly revokedAt: Date | null
}

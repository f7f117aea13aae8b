/** Time, as an argument: expiry is tested without sleeping. */
export interface Clock {
  now(): Date
}

/** Randomness, as an argument. Bytes come from a cryptographically secure source. */
export interface RandomSource {
  bytes(length: number): Uint8Array
}

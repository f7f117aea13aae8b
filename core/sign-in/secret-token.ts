import { createHash } from 'node:crypto'

/**
 * Where a secret token is looked up: by its hash, which is all that is stored. Nobody guesses a token, so the hash needs no key;
 * and finding it by its hash compares no secrets, so the time taken tells nothing.
 */
export function locateToken(token: string): string {
  return `token:${createHash('sha256').update(token, 'utf8').digest('base64url')}`
}

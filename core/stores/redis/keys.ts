import { createHash } from 'node:crypto'
import type { ChallengeKey } from '../../challenges/challenge.ts'
import type { CredentialKey } from '../../identities/credential-key.ts'

/** What may stand in a key as it is. Everything else is hashed, so no text can leave its hash tag or grow a key. */
const PLAIN = /^[\w:.@+-]{0,120}$/

function safe(text: string): string {
  // UTF-16, because UTF-8 writes all lone surrogates alike.
  return PLAIN.test(text) ? text : `#${createHash('sha256').update(text, 'utf16le').digest('base64url')}`
}

/**
 * Every key of the store. The part in braces is the cluster's hash tag: keys that one script touches share it.
 *
 * - a *subject's* slot holds its challenges, its credential and its reservation (an account, an address)
 * - a *user's* slot holds the user, the keys of its credentials and the ids of its sessions
 * - a *session's* slot holds the session with its refresh tokens
 */
export class Keys {
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  challenge({ projectId, purpose, subject, handle }: ChallengeKey): string {
    return `${this.#tag(projectId, subject)}:challenge:${purpose}:${safe(handle)}`
  }

  /** How often a guess at this challenge was made. */
  attempts(key: ChallengeKey): string {
    return `${this.challenge(key)}:attempts`
  }

  credential(projectId: string, key: CredentialKey): string {
    return `${this.#tag(projectId, key)}:credential`
  }

  reservation(projectId: string, key: CredentialKey): string {
    return `${this.#tag(projectId, key)}:reservation`
  }

  credentialId(projectId: string, credentialId: string): string {
    return `${this.#tag(projectId, `id:${credentialId}`)}:key`
  }

  user(projectId: string, userId: string): string {
    return `${this.#tag(projectId, `user:${userId}`)}:user`
  }

  userCredentials(projectId: string, userId: string): string {
    return `${this.#tag(projectId, `user:${userId}`)}:credentials`
  }

  userSessions(projectId: string, userId: string): string {
    return `${this.#tag(projectId, `user:${userId}`)}:sessions`
  }

  session(projectId: string, sessionId: string): string {
    return `${this.#tag(projectId, sessionId)}:session`
  }

  /** The ids of a project's users, for listing them in order. */
  users(projectId: string): string {
    return `${this.#tag(projectId, 'users')}:ids`
  }

  /** A dialect's signing keys. */
  keySet(projectId: string, door: string): string {
    return `${this.#tag(projectId, `keys:${door}`)}:set`
  }

  probe(): string {
    return `${this.#prefix}:{probe}`
  }

  #tag(projectId: string, name: string): string {
    return `${this.#prefix}:{${safe(projectId)}|${safe(name)}}`
  }
}

import { createHash } from 'node:crypto'
import type { ChallengeKey } from '../../challenges/challenge.ts'
import type { CredentialKey } from '../../identities/credential-key.ts'

/** What may stand in a key as it is. Everything else is hashed, so no text can leave its hash tag or grow a key. */
const PLAIN = /^[\w:.@+-]{0,120}$/

/** Whether the text stands in a key as it is. */
export function isPlain(userId: string): boolean {
  return PLAIN.test(`user:${userId}`)
}

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

  /** That a session was brought in from elsewhere once. */
  sessionImport(projectId: string, sessionId: string): string {
    return `${this.#tag(projectId, sessionId)}:imported`
  }

  /** Matches the keys of all users of a project. Project ids have no character that means something here. */
  usersPattern(projectId: string): string {
    return `${this.#prefix}:{${safe(projectId)}|*}:user`
  }

  /** The user's id, where it is plain, of a key that matches. */
  plainUserId(key: string): string {
    return key.slice(key.lastIndexOf('|user:') + 6, -'}:user'.length)
  }

  /** The ids of a project's users, for listing them in order. */
  users(projectId: string): string {
    return `${this.#tag(projectId, 'users')}:ids`
  }

  /** A dialect's signing keys. */
  keySet(projectId: string, door: string): string {
    return `${this.#tag(projectId, `keys:${door}`)}:set`
  }

  /** The API keys of all projects, in one slot: whoever shows one has not said whose it is. */
  apiKeys(): string {
    return `${this.#prefix}:{api-keys}:records`
  }

  apiKeysVersion(): string {
    return `${this.#prefix}:{api-keys}:version`
  }

  /** A count over a window of time. */
  window(name: string): string {
    return `${this.#tag('window', name)}:count`
  }

  probe(): string {
    return `${this.#prefix}:{probe}`
  }

  /** For asking what a user may do: within the prefix, so that the same rights hold. */
  scratch(): string {
    return `${this.#prefix}:{probe}:scratch`
  }

  #tag(projectId: string, name: string): string {
    return `${this.#prefix}:{${safe(projectId)}|${safe(name)}}`
  }
}

import type { ApiKey } from '../../core/api-keys/api-key.ts'
import { formatTable } from './format-table.ts'

/** What `--json` prints of a key. The digest is no secret: it leads back to no key of 256 random bits. */
export function factsOfApiKey({ id, projectId, kind, name, digest, ending, createdAt, revokedAt }: ApiKey) {
  return { id, project: projectId, kind, name, ending, digest: `sha256:${digest}`, createdAt, revokedAt }
}

/** A key that was just made, for people: the only time they see it. */
export function formatNewApiKey({ id, projectId, kind }: ApiKey, text: string): string {
  const use = kind === 'secret' ? 'Keep it on your servers' : 'Pages may show it'
  return `${id}: a ${kind} key of ${projectId}\n\n  ${text}\n\n${use}. It is not shown again: the store has only its hash.\n`
}

/** Keys for people, one on each line. */
export function formatApiKeys(keys: readonly ApiKey[]): string {
  if (keys.length === 0) return 'no keys were made by command; those of the configuration are not listed\n'
  return formatTable(
    keys.map(({ id, projectId, kind, name, ending, createdAt, revokedAt }) => [
      id,
      projectId,
      kind,
      `…${ending}`,
      `since ${createdAt.toISOString()}`,
      revokedAt === null ? 'live' : `revoked ${revokedAt.toISOString()}`,
      name ?? '',
    ]),
  )
}

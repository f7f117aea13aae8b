import type { RedisNodeFacts } from '../../../core/stores/redis/inspect-redis.ts'
import { type Finding, fail, ok, unknown, warn } from '../finding.ts'

const LOST: Readonly<Record<string, string>> = {
  everysec: 'appendfsync is everysec: a power cut takes back the last second of sign-ins and sign-outs',
  no: 'appendfsync is no: a power cut takes back as much as the system had not written, often 30 seconds',
}

/** Whether the data outlive Redis's process, and what of them. @param config null: `CONFIG GET` is refused, as in many hosted ones */
export function judgePersistence(
  info: NonNullable<RedisNodeFacts['info']>,
  config: RedisNodeFacts['config'],
  subject: string | null,
): readonly Finding[] {
  const failing = findFailing(info)
  if (failing !== null) return [fail('redis.persistence', failing, subject)]
  if (info['aof_enabled'] === '1') {
    return [ok('redis.persistence', 'AOF', subject), judgeFsync(config?.['appendfsync'], subject)]
  }
  if (config === null) {
    const message = 'AOF is off, and its user may not send CONFIG GET: whether it takes snapshots cannot be seen'
    return [unknown('redis.persistence', message, subject)]
  }
  return [
    (config['save'] ?? '') === ''
      ? fail('redis.persistence', 'AOF and snapshots are off: a restart forgets every user, session and key', subject)
      : warn('redis.persistence', 'AOF is off: a restart takes back all that came after the last snapshot', subject),
  ]
}

function findFailing(info: NonNullable<RedisNodeFacts['info']>): string | null {
  if (info['aof_enabled'] === '1' && info['aof_last_write_status'] === 'err') return 'The last write to the AOF failed'
  return info['rdb_last_bgsave_status'] === 'err' ? 'The last snapshot failed' : null
}

function judgeFsync(value: string | undefined, subject: string | null): Finding {
  if (value === 'always') return ok('redis.fsync', 'always', subject)
  const lost = value === undefined ? undefined : LOST[value]
  return lost === undefined
    ? unknown('redis.fsync', 'Its user may not send CONFIG GET: when it writes to disk cannot be seen', subject)
    : warn('redis.fsync', lost, subject)
}

import type { RedisAccess, RedisNode } from '../../../core/stores/redis/connect-redis.ts'
import type { RedisTrouble } from '../../../core/stores/redis/redis-trouble.ts'
import { type Finding, fail } from '../finding.ts'

/** The finding for a Redis that cannot be spoken with. */
export function judgeTrouble(trouble: RedisTrouble, node: RedisNode, access: RedisAccess): Finding {
  const message = describeTrouble(trouble, node)
  const subject = `${node.host}:${node.port}`
  switch (trouble.kind) {
    case 'auth':
      return fail('redis.auth', message, access.username === null ? subject : `${subject}, with a user name`)
    case 'tls':
    case 'certificate':
      return fail('redis.tls', message, subject)
    default:
      return fail('redis.reachable', message, subject)
  }
}

/** The same in words. */
export function describeTrouble(trouble: RedisTrouble, { host }: RedisNode): string {
  switch (trouble.kind) {
    case 'unreachable':
      return `No connection (${trouble.code})${trouble.code === 'enotfound' ? `: no such host as ${host}` : ''}`
    case 'silent':
      return 'It takes connections and does not answer: it hangs, loads its data, is a replica without its primary, or is no Redis'
    case 'auth':
      return trouble.isMissing ? 'It wants a password, and none is set' : 'It refuses the user or the password'
    case 'tls':
      return trouble.serverHasTls ? 'It speaks TLS, and redis:// does not' : 'It does not speak TLS, and rediss:// does'
    case 'certificate':
      return `Its certificate is not accepted (${trouble.code})`
    case 'full':
      return 'It has as many clients as it takes (maxclients)'
    case 'refused':
      return 'It closes the connection or refuses what we say first'
  }
}

import type { RedisAccess, RedisNode } from '../../../core/stores/redis/connect-redis.ts'
import { accept, kindOf, type Reader, refuse } from './reader.ts'

export interface RedisUrl {
  readonly node: RedisNode
  readonly access: RedisAccess
}

const REMEDY =
  'Write redis://user:password@host:6379/0, or rediss:// for TLS, with special characters of the password percent-encoded'

/** `redis://` or `rediss://` with host, and optionally user, password, port and database; query parameters are refused. */
export const redisUrl: Reader<RedisUrl> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '') {
    return refuse(`is ${kindOf(text)}, not a redis:// or rediss:// URL`, REMEDY)
  }
  if (url.search !== '' || url.hash !== '') return refuse('has a query or fragment, which is not read', REMEDY)
  const db = /^\/?(\d{0,4})$/.exec(url.pathname)?.[1]
  if (db === undefined) return refuse('has a path that is no database number', REMEDY)
  const username = decode(url.username)
  const password = decode(url.password)
  if (username === undefined || password === undefined) return refuse('has a broken percent-encoding', REMEDY)
  return accept({
    node: { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 6379 : Number(url.port) },
    access: { username, password, db: Number(db), tls: url.protocol === 'rediss:' },
  })
}

function decode(text: string): string | null | undefined {
  if (text === '') return null
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

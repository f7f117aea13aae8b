import { randomUUID } from 'node:crypto'
import type { RedisAccess, RedisConnection } from '../../../core/stores/redis/connect-redis.ts'
import type { Stores } from '../../../core/stores/stores.ts'

/** Opens the stores that a contract is held against. A contract closes what it opened. */
export type OpenStores = () => Stores

/** When the clock of a contract starts. Redis keeps its own time, so lives are chosen much longer than a test. */
export const START = new Date('2026-06-22T10:00:00.000Z')

/** So many milliseconds after the start. */
export function at(milliseconds: number): Date {
  return new Date(START.getTime() + milliseconds)
}

/** A project that no other test uses. */
export function newProjectId(): string {
  return `contract-${randomUUID()}`
}

/** Texts that try to leave the key they are put into, or to meet another one there. */
export const HOSTILE_TEXTS: readonly string[] = [
  '',
  ' ',
  '{}',
  '}',
  '{',
  '}{',
  '|',
  'a|b',
  'a}|{b',
  '{a}',
  'a:b',
  ':',
  '#',
  '\0',
  'a\0b',
  'a\r\nDEL b',
  'ä',
  'a\u0308',
  '☃',
  '\u{1F511}',
  '\ud800',
  '\udfff',
  '\ufffd',
  '*',
  '__proto__',
  'x'.repeat(65_536),
  `${'x'.repeat(65_535)}y`,
]

/** As many calls at once. */
export function concurrently<T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index)))
}

/** How many of the answers are `true`. */
export function winners(answers: readonly boolean[]): number {
  return answers.filter((answer) => answer).length
}

export const ACCESS: RedisAccess = { username: null, password: null, db: 0, tls: false }

/** The single Redis at this URL. */
export function accessTo(url: string): RedisConnection {
  const { hostname: host, port } = new URL(url)
  return { mode: 'single', node: { host, port: Number(port) }, access: ACCESS }
}

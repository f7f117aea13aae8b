import type { RedisAccess, RedisConnection, RedisNode } from '../../../core/stores/redis/connect-redis.ts'
import {
  type InspectionTerms,
  inspectRedisNode,
  type RedisNodeFacts,
} from '../../../core/stores/redis/inspect-redis.ts'
import { inspectSentinels } from '../../../core/stores/redis/inspect-sentinels.ts'
import type { Spoken } from '../../../core/stores/redis/with-node.ts'
import { isNearbyHost } from '../../http/nearby.ts'
import { type Finding, fail, ok, warn } from '../finding.ts'
import { judgeNode } from './judge-node.ts'
import { describeTrouble, judgeTrouble } from './judge-trouble.ts'

const CONNECT_MS = 2_500

type RedisTerms = Omit<InspectionTerms, 'connectMs'>

export interface RedisReport {
  readonly findings: readonly Finding[]
  /** Whether at least one node can be spoken with. */
  readonly answers: boolean
}

interface Inspected {
  readonly node: RedisNode
  readonly spoken: Spoken<RedisNodeFacts>
}

/** Looks at every Redis of these settings that takes writes, and at those that are named. */
export async function examineRedis(connection: RedisConnection, terms: RedisTerms): Promise<RedisReport> {
  switch (connection.mode) {
    case 'single':
      return report([await inspect(connection.node, connection.access, terms)], 'single', connection.access)
    case 'sentinel':
      return examineSentinels(connection, terms)
    case 'cluster':
      return examineCluster(connection, terms)
  }
}

async function inspect(node: RedisNode, access: RedisAccess, terms: RedisTerms): Promise<Inspected> {
  return { node, spoken: await inspectRedisNode(node, access, { ...terms, connectMs: CONNECT_MS }) }
}

function report(
  inspected: readonly Inspected[],
  mode: RedisConnection['mode'],
  access: RedisAccess,
  isSpare = (_: RedisNode) => false,
): RedisReport {
  const answers = inspected.some(({ spoken }) => spoken.outcome === 'answered')
  const findings = inspected.flatMap(({ node, spoken }): readonly Finding[] => {
    const subject = nameNode(node)
    if (spoken.outcome === 'failed') {
      // One seed of a cluster is enough to find the others.
      if (answers && isSpare(node)) return [warn('redis.reachable', describeTrouble(spoken.trouble, node), subject)]
      return [judgeTrouble(spoken.trouble, node, access)]
    }
    return [
      ok('redis.reachable', 'answers', subject),
      judgeTransport(node, access),
      ...judgeNode(spoken.value, { mode, subject: inspected.length > 1 ? subject : null }),
    ]
  })
  return { findings, answers }
}

async function examineSentinels(
  connection: Extract<RedisConnection, { mode: 'sentinel' }>,
  terms: RedisTerms,
): Promise<RedisReport> {
  const told = await inspectSentinels(connection, CONNECT_MS)
  const findings = told.map((each): Finding => {
    const subject = `Sentinel ${nameNode(each.node)}`
    if (each.outcome === 'failed') return warn('redis.sentinels', describeTrouble(each.trouble, each.node), subject)
    if (each.primary === null) return fail('redis.sentinels', 'watches no group of this name', subject)
    return each.hasQuorum
      ? ok('redis.sentinels', `names ${nameNode(each.primary)}`, subject)
      : warn('redis.sentinels', 'sees too few other Sentinels to fail over', subject)
  })
  const primaries = told.flatMap((each) => (each.outcome === 'answered' && each.primary !== null ? [each.primary] : []))
  const [primary, ...others] = primaries
  if (primary === undefined) {
    return { findings: [...findings, fail('redis.sentinels', 'No Sentinel names a primary')], answers: false }
  }
  const differ = others.some((other) => nameNode(other) !== nameNode(primary))
  const { findings: ofPrimary, answers } = report(
    [await inspect(primary, connection.access, terms)],
    'sentinel',
    connection.access,
  )
  return {
    findings: [
      ...findings,
      ...(differ ? [fail('redis.sentinels', 'The Sentinels name different primaries')] : []),
      ...ofPrimary,
    ],
    answers,
  }
}

async function examineCluster(
  { nodes, access }: Extract<RedisConnection, { mode: 'cluster' }>,
  terms: RedisTerms,
): Promise<RedisReport> {
  const seeds = await Promise.all(nodes.map((node) => inspect(node, access, terms)))
  const known = new Set(nodes.map(nameNode))
  const primaries = new Map(
    seeds.flatMap(({ spoken }) =>
      spoken.outcome === 'answered' ? spoken.value.primaries.map((node) => [nameNode(node), node] as const) : [],
    ),
  )
  const unseen = [...primaries].flatMap(([name, node]) => (known.has(name) ? [] : [node]))
  const others = await Promise.all(unseen.map((node) => inspect(node, access, terms)))
  return report([...seeds, ...others], 'cluster', access, (node) => !primaries.has(nameNode(node)))
}

function judgeTransport({ host }: RedisNode, { tls }: RedisAccess): Finding {
  if (tls) return ok('redis.tls', 'TLS', host)
  return isNearbyHost(host)
    ? ok('redis.tls', 'no TLS, within a private network', host)
    : warn('redis.tls', 'Password and data cross a public network without TLS', host)
}

function nameNode({ host, port }: RedisNode): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

import { formatTable, grouped } from '../table.ts'
import type { ClusterResults, ProcessesResults, StoredResults } from './results.ts'

/** What a sign-in costs with more and more processes, and what one Redis carries then. */
export function processesTable({ rows }: ProcessesResults): string {
  return formatTable(
    [['processes'], ['gateway, CPU µs', 'Redis, CPU µs', 'gateway cores that one Redis core serves']],
    rows.map(({ kind, count, gateway, redis }) => [
      kind === 'workers' ? `\`WORKERS=${count}\`` : `${count} ${count === 1 ? 'replica' : 'replicas'}`,
      gateway,
      redis,
      (gateway / redis).toFixed(1),
    ]),
  )
}

/** What a sign-in costs on a cluster, beside one Redis. */
export function clusterTable({ rows }: ClusterResults): string {
  return formatTable(
    [
      ['sign-in', 'wallet'],
      ['gateway, one Redis', 'gateway, cluster', 'Redis, one', 'Redis, cluster'],
    ],
    rows.map(({ signIn, wallet, single, cluster }) => [
      signIn,
      wallet,
      single.gateway,
      cluster.gateway,
      single.redis,
      cluster.redis,
    ]),
  )
}

/** How evenly the primaries were used. */
export function nodesTable({ nodes }: ClusterResults): string {
  const cells = (name: string, values: readonly number[], unit: (value: number) => number) => [
    name,
    ...values.map(unit),
    (Math.max(...values) / Math.min(...values)).toFixed(2),
  ]
  return formatTable(
    [['of a primary'], [...nodes.map((_, index) => `number ${index + 1}`), 'most ÷ least']],
    [
      cells(
        'commands',
        nodes.map(({ commands }) => commands),
        (value) => value,
      ),
      cells(
        'keys',
        nodes.map(({ keys }) => keys),
        (value) => value,
      ),
      cells(
        'CPU ms',
        nodes.map(({ cpuMicroseconds }) => cpuMicroseconds),
        (value) => value / 1000,
      ),
    ],
  )
}

/** What is asked costs with few and with many stored. */
export function storedTable({ rows }: StoredResults): string {
  const acts = rows[0]?.costs.map(({ act }) => act) ?? []
  return formatTable(
    [['CPU µs of the gateway + of Redis'], rows.map(({ stored }) => `${grouped(stored)} stored`)],
    acts.map((act) => [
      act,
      ...rows.map(({ costs }) => {
        const cost = costs.find((each) => each.act === act)
        return cost === undefined ? null : `${Math.round(cost.gateway)} + ${Math.round(cost.redis)}`
      }),
    ]),
  )
}

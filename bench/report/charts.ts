import { nameOf } from '../budgets.ts'
import type { ProcessesResults, StoredResults } from '../scale/results.ts'
import type { SignInResults, SignInRow } from '../sign-in-results.ts'
import type { Soak, SoakResults } from '../soak/results.ts'
import { barChart } from './bar-chart.ts'
import { lineChart, type Point } from './line-chart.ts'
import { carriedBy, ourRows } from './needs.ts'

const SERVERS = ['walletgate', 'floor', 'textbook', 'better-auth'] as const

/** Sign-ins of returning wallets on Redis, server beside server. */
export function signInChart({ signInRows }: SignInResults): string {
  const rows = signInRows.filter(({ store, wallet }) => store === 'redis' && wallet === 'returning')
  const ours = rows.filter(({ server }) => server === 'walletgate')
  const cpuBeside = (own: SignInRow) => (server: (typeof SERVERS)[number]) => {
    const isSame = (row: SignInRow) => row.server === server && row.chain === own.chain
    // The floor and better-auth have one way of signing in, which stands beside the dialect nearest to it.
    const row =
      server === 'floor'
        ? rows.find(isSame)
        : server === 'better-auth'
          ? rows.find((each) => isSame(each) && own.dialect === '4mica')
          : rows.find((each) => isSame(each) && each.dialect === own.dialect)
    return row?.cpu ?? null
  }
  return barChart({
    title: 'CPU of the server for one sign-in, on Redis',
    unit: 'CPU microseconds for one sign-in; less is better',
    series: ['Walletgate', 'floor', 'textbook stack', 'better-auth'],
    groups: ours.map((own) => ({ name: nameOf(own), values: SERVERS.map(cpuBeside(own)) })),
  })
}

/** How a sign-in's cost stays with more processes. */
export function processesChart({ rows, signIn }: ProcessesResults): string {
  const points = (kind: 'workers' | 'replicas') =>
    rows.filter((row) => row.kind === kind).map(({ count, gateway }) => ({ x: count, y: gateway }))
  return lineChart({
    title: `CPU of all gateways for one sign-in (${signIn})`,
    xUnit: 'processes',
    yUnit: 'CPU µs',
    xScale: 'linear',
    xTicks: [0, ...new Set(rows.map(({ count }) => count))],
    series: [
      { name: 'workers', points: points('workers') },
      { name: 'replicas', points: points('replicas') },
    ],
  })
}

/** What one Redis carries, computed. */
export function carriedChart(results: SignInResults): string {
  const rows = ourRows(results).filter(({ wallet }) => wallet === 'returning')
  const most = Math.ceil(Math.max(...rows.map(({ cpu, redis }) => cpu / redis.cpu))) + 2
  const curve = (row: (typeof rows)[number]): Point[] =>
    [0, row.cpu / row.redis.cpu, most].map((cores) => ({ x: cores, y: carriedBy(cores, row) }))
  return lineChart({
    title: 'Sign-ins a second with one Redis: computed from measured costs',
    xUnit: 'gateway cores',
    yUnit: 'a second',
    xScale: 'linear',
    series: rows.map((row) => ({ name: nameOf(row), points: curve(row) })),
  })
}

/** How costs stay with more and more users and sessions stored. */
export function storedChart({ rows }: StoredResults): string {
  const acts = rows[0]?.costs.map(({ act }) => act) ?? []
  return lineChart({
    title: 'CPU of gateway and Redis, by what is stored',
    xUnit: 'users and sessions stored',
    yUnit: 'CPU µs',
    xScale: 'log',
    series: acts.map((act) => ({
      name: act,
      points: rows.flatMap(({ stored, costs }) =>
        costs.filter((cost) => cost.act === act).map(({ gateway, redis }) => ({ x: stored, y: gateway + redis })),
      ),
    })),
  })
}

/** Memory over the time of a soak. */
export function soakMemoryChart({ soaks }: SoakResults): string {
  return soakChart(soaks, 'Memory during the soak', 'RSS, MB', ({ rssBytes }) => rssBytes / 1e6)
}

/** The slowest hundredth of answers over the time of a soak. */
export function soakLatencyChart({ soaks }: SoakResults): string {
  return soakChart(soaks, 'Slowest hundredth of answers during the soak', 'p99, ms', ({ p99Ms }) => p99Ms)
}

function soakChart(
  soaks: readonly Soak[],
  title: string,
  yUnit: string,
  read: (sample: Soak['samples'][number]) => number | null,
): string {
  return lineChart({
    title,
    xUnit: 'seconds',
    yUnit,
    xScale: 'linear',
    series: soaks.map(({ store, samples }) => ({
      name: `${store} store`,
      points: samples.flatMap((sample) => {
        const y = read(sample)
        return y === null ? [] : [{ x: sample.second, y }]
      }),
    })),
  })
}

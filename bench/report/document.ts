import { type ImportResults, importTable } from '../import-results.ts'
import { type RunFacts, readResults } from '../results.ts'
import type { ClusterResults, ProcessesResults, StoredResults } from '../scale/results.ts'
import { clusterTable, nodesTable, processesTable, storedTable } from '../scale/tables.ts'
import type { SignInResults } from '../sign-in-results.ts'
import { budgetTable, busyWarning, signatureTable, signInTable, startTable } from '../sign-in-tables.ts'
import type { SoakResults } from '../soak/results.ts'
import { soakTable } from '../soak/tables.ts'
import { grouped } from '../table.ts'
import { carriedChart, processesChart, signInChart, soakLatencyChart, soakMemoryChart, storedChart } from './charts.ts'
import { needsTable, needsText } from './needs.ts'

/** A file of the report, by its path under `docs/`. */
export type ReportFiles = Readonly<Record<string, string>>

const HEAD = `# Benchmarks

Written by \`npm run bench:report\` from \`bench/results/*.json\`, and by nobody else: every figure is of a command that its section names, and
that anybody can run again. What is measured is the program as \`npm run build\` makes it, with every check and every log line; rate limits
are off, because they would refuse so busy a caller. On Linux the server has a core of its own, and the load, Redis and mail another.
CPU time is what is compared: it depends least on what else a machine does. Servers that are compared take turns, round by round.`

const SERVERS = `- **floor**: the least that a sign-in over HTTP can cost with Hono, ioredis and the fastest signature libraries: one store
  command a request, one signature, one HMAC; nothing is checked, kept or logged.
- **textbook**: what the libraries' own examples add up to: \`siwe\` with \`ethers\`, \`tweetnacl\`, \`jose\`, \`ioredis\`; no users, roles, rotation or
  logs.
- **better-auth**: with its SIWE plugin on Hono, signatures verified by viem, nonces and sessions in Redis, users in its memory adapter.
  Only wallets it knows are measured: that adapter searches users one by one.

The budget of a sign-in is 1.5 floors of the same chain and store, and what the token's signature costs above an HMAC. Latencies are of both
answers of a sign-in together, with half as many sign-ins as the server can do, each coming at its own time.`

/** The document and its pictures, from what was kept; a section without results is left out. */
export function writeReport(folder?: string): ReportFiles {
  const read = <T>(name: string): T | null => readResults<T>(name, folder)
  const sections: string[] = [HEAD]
  const files: Record<string, string> = {}
  const picture = (name: string, text: string, svg: string): string => {
    files[`benchmarks/${name}.svg`] = svg
    return `![${text}](benchmarks/${name}.svg)`
  }

  const signIns = read<SignInResults>('sign-in')
  const stored = read<StoredResults>('scale-stored')
  const processes = read<ProcessesResults>('scale-processes')
  const cluster = read<ClusterResults>('scale-cluster')
  const soak = read<SoakResults>('soak')
  const imports = read<ImportResults>('import')
  if (signIns !== null) {
    const { rounds, signIns: count, concurrency } = signIns
    const warning = busyWarning(signIns)
    sections.push(
      '## Sign-ins',
      ranAs(signIns.run, `Medians of ${rounds} rounds of ${grouped(count)} sign-ins, ${concurrency} at a time.`),
      SERVERS,
      ...(warning === null ? [] : [`**${warning}**`]),
      picture('sign-in', 'CPU for one sign-in, server beside server', signInChart(signIns)),
      `### On Redis\n\n${signInTable(signIns, 'redis')}`,
      `### In memory\n\n${signInTable(signIns, 'memory')}`,
      `### What tokens cost by themselves\n\n${signatureTable(signIns)}`,
      `### Starting\n\n${startTable(signIns)}`,
      `### Budgets\n\n${budgetTable(signIns)}`,
    )
  }
  if (processes !== null || cluster !== null || stored !== null || signIns !== null) sections.push('## Scale')
  if (processes !== null) {
    sections.push(
      '### More processes',
      ranAs(
        processes.run,
        `${processes.signIn}, medians of ${processes.rounds} rounds, as many callers for each process.`,
      ),
      'All processes share one core here, and the supervisor of workers is counted; what counts is whether a sign-in costs the same.',
      processesTable(processes),
      picture('processes', 'CPU for one sign-in, by the number of processes', processesChart(processes)),
    )
  }
  if (signIns !== null) {
    sections.push(
      '### One Redis',
      'Not measured, but computed from the costs of gateway and Redis above: as many gateway cores as there are, until the one core of Redis has no more time. Under load Redis gets cheaper for each command, because more of them travel together.',
      picture('one-redis', 'Sign-ins a second, by gateway cores', carriedChart(signIns)),
    )
  }
  if (cluster !== null) {
    sections.push(
      '### A cluster of three primaries',
      ranAs(cluster.run, `CPU µs, medians of ${cluster.rounds} rounds of ${grouped(cluster.signIns)} sign-ins.`),
      clusterTable(cluster),
      `Errors of commands whose keys are in different slots (\`CROSSSLOT\`): ${cluster.crossSlotErrors}. How evenly the primaries were used:`,
      nodesTable(cluster),
    )
  }
  if (stored !== null) {
    sections.push(
      '### A million users',
      ranAs(stored.run, `Medians of ${stored.rounds} rounds of ${grouped(stored.calls)} calls, sizes in turns.`),
      storedTable(stored),
      picture('stored', 'CPU by what is stored', storedChart(stored)),
      `A user with a wallet takes ${Math.round(stored.bytesPerUser)} bytes of Redis, a session ${Math.round(stored.bytesPerSession)}.`,
    )
  }
  if (signIns !== null) sections.push('## What 10,000 sign-ins per second need', needsTable(signIns), needsText(stored))
  if (soak !== null) {
    const { plan } = soak
    sections.push(
      '## Soak',
      ranAs(soak.run, `${plan.seconds} seconds with each store.`),
      `Wallets and addresses that come back again and again sign in through every dialect and chain, refresh, read their session and log out; some ask for a nonce and go away, and some get a code by mail. They come at ${100 * plan.share} % of what the server could do at the start. Any answer but a 2xx ends the soak. The first quarter is for warming up and is not judged.`,
      soak.soaks
        .map(
          ({ store, journeys, requests, asked }) =>
            `- ${store}: ${grouped(journeys)} journeys, ${grouped(requests)} requests, ${grouped(Math.round(asked))} journeys a second`,
        )
        .join('\n'),
      soakTable(soak),
      picture('soak-memory', 'Memory over time', soakMemoryChart(soak)),
      picture('soak-latency', 'Slowest hundredth of answers over time', soakLatencyChart(soak)),
    )
  }
  if (imports !== null) {
    sections.push(
      '## Imports',
      ranAs(
        imports.run,
        `${grouped(imports.users)} users, each with an id, a name and a wallet, one in four on Solana, three in four with an email.`,
      ),
      importTable(imports),
      `A user takes ${Math.round(imports.bytesPerUser)} bytes of Redis.`,
    )
  }
  if (sections.length === 1) sections.push('No results are kept yet.')
  return { 'benchmarks.md': `${sections.join('\n\n')}\n`, ...files }
}

function ranAs({ command, date, commit, node, redis, machine, quick, note }: RunFacts, what: string): string {
  const { cpu, cores, memoryGib, system } = machine
  return [
    `\`${command}\` on ${date.slice(0, 10)}, commit ${commit}: Node ${node.slice(1)}, Redis ${redis}, ${cpu}, ${cores} cores, ${memoryGib} GiB, ${system}. ${what}`,
    ...(quick ? ['**A short run: good for a look, and for nothing else.**'] : []),
    ...(note === null ? [] : [`**${note}**`]),
  ].join('\n\n')
}

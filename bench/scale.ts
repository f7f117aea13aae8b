import { beginRun } from './begin-run.ts'
import { buildPrograms } from './programs.ts'
import { writeResults } from './results.ts'
import { measureCluster } from './scale/cluster.ts'
import { measureProcesses } from './scale/processes.ts'
import { measureStored } from './scale/stored.ts'
import { clusterTable, nodesTable, processesTable, storedTable } from './scale/tables.ts'

/*
 * `npm run bench:scale`: what a sign-in costs with more processes, on a cluster, and with a million users. `--part` for one of them,
 * `--quick` for a look.
 */
const options = beginRun('bench:scale', ['processes', 'cluster', 'stored'])
const { quick, parts } = options
const programs = await buildPrograms()
try {
  if (parts.includes('processes')) {
    const amount = quick ? { rounds: 3, signIns: 200, warmUp: 600 } : { rounds: 3, signIns: 1_000, warmUp: 2_000 }
    const results = await measureProcesses(programs, { counts: [1, 2, 3, 4], ...amount }, options)
    console.log(`${processesTable(results)}\n\nkept as ${writeResults('scale-processes', results)}\n`)
  }
  if (parts.includes('cluster')) {
    const amount = quick ? { rounds: 3, signIns: 200, warmUp: 300 } : { rounds: 3, signIns: 1_000, warmUp: 1_000 }
    const results = await measureCluster(programs, amount, options)
    console.log(`${clusterTable(results)}\n\n${nodesTable(results)}\n`)
    console.log(`CROSSSLOT errors: ${results.crossSlotErrors}\n\nkept as ${writeResults('scale-cluster', results)}\n`)
  }
  if (parts.includes('stored')) {
    const amount = quick
      ? { sizes: [1, 10, 10_000], rounds: 3, calls: 300, warmUp: 500 }
      : { sizes: [1, 10, 1_000_000], rounds: 5, calls: 1_500, warmUp: 1_500 }
    const say = (line: string) => process.stderr.write(`${line}\n`)
    const results = await measureStored(programs, { ...amount, say }, options)
    const { bytesPerUser, bytesPerSession } = results
    console.log(storedTable(results))
    console.log(`\nRedis: ${bytesPerUser.toFixed(0)} bytes a user, ${bytesPerSession.toFixed(0)} a session`)
    console.log(`\nkept as ${writeResults('scale-stored', results)}`)
  }
} finally {
  await programs.remove()
}

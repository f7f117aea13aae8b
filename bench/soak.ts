import { beginRun } from './begin-run.ts'
import { buildPrograms } from './programs.ts'
import { runFacts, writeResults } from './results.ts'
import { FULL_SOAK, QUICK_SOAK } from './soak/plan.ts'
import type { Soak } from './soak/results.ts'
import { runSoak } from './soak/run-soak.ts'
import { soakTable } from './soak/tables.ts'

/*
 * `npm run soak`: ten minutes with each store, at four fifths of what this machine can do; anything but a 2xx ends it. The exit code is 1 when
 * a rule was broken. `--part redis` for one store, `--quick` for a minute.
 */
const options = beginRun('soak', ['memory', 'redis'])
const plan = options.quick ? QUICK_SOAK : FULL_SOAK
const programs = await buildPrograms()
try {
  const soaks: Soak[] = []
  for (const store of ['memory', 'redis'] as const) {
    if (!options.parts.includes(store)) continue
    const soak = await runSoak(programs, store, plan)
    soaks.push(soak)
    const { asked, capacity, journeys, requests } = soak
    console.log(
      `${store}: ${journeys} journeys, ${requests} requests; ${asked.toFixed(0)} of ${capacity.toFixed(0)} journeys a second`,
    )
  }
  const results = { run: await runFacts(options), plan, soaks }
  console.log(`\n${soakTable(results)}\n\nkept as ${writeResults('soak', results)}`)
  if (soaks.some(({ findings }) => findings.some(({ isKept }) => !isKept))) process.exitCode = 1
} finally {
  await programs.remove()
}

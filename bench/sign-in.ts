import { beginRun } from './begin-run.ts'
import { buildPrograms } from './programs.ts'
import { writeResults } from './results.ts'
import { runSignIns } from './run-sign-ins.ts'
import { budgetTable, busyWarning, signatureTable, signInTable, startTable } from './sign-in-tables.ts'

/* `npm run bench`: what a sign-in costs, beside a floor, the textbook stack and better-auth. `--quick` for a look. */
const options = beginRun('bench')
const { quick } = options
const programs = await buildPrograms()
try {
  const results = await runSignIns(
    programs,
    {
      rounds: quick ? 3 : 5,
      signIns: quick ? 300 : 1_000,
      warmUp: quick ? 1_000 : 2_000,
      concurrency: 16,
      pacedSeconds: quick ? 1 : 4,
      starts: quick ? 1 : 5,
      stores: ['redis', 'memory'],
      chains: ['ethereum', 'solana'],
      servers: ['walletgate', 'floor', 'textbook', 'better-auth'],
      say: (line) => process.stderr.write(`${line}\n`),
    },
    options,
  )
  const { node, machine } = results.run
  console.log(`Node ${node}, ${machine.cpu}; medians of ${results.rounds} rounds of ${results.signIns} sign-ins\n`)
  for (const store of ['redis', 'memory'] as const) console.log(`${store}:\n\n${signInTable(results, store)}\n`)
  console.log(`${signatureTable(results)}\n\n${startTable(results)}\n\n${budgetTable(results)}\n`)
  console.log(busyWarning(results) ?? 'The machine was quiet enough.')
  console.log(`kept as ${writeResults('sign-in', results)}`)
} finally {
  await programs.remove()
}

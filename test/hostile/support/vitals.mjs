// Loaded before the program (`--import`): on SIGUSR2 it writes one line about what the process holds, garbage aside.
import { writeSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
const STDERR = 2
let count = 0

process.on('SIGUSR2', () => {
  collect()
  const { rss, heapUsed } = process.memoryUsage()
  const resources = process.getActiveResourcesInfo()
  count += 1
  writeSync(STDERR, `vitals ${JSON.stringify({ count, rss, heapUsed, resources })}\n`)
})

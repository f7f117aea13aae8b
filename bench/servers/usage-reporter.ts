import { readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/*
 * Loaded before a measured server, whichever it is and in each of its processes: tells what the process takes, to whoever connects
 * to its socket. It does nothing until it is asked.
 */
const folder = process.env['BENCH_USAGE_FOLDER']
if (folder !== undefined) {
  const server = createServer((socket) => {
    socket.once('data', (question) => {
      if (question.toString() === 'collect') collectGarbage()
      socket.end(JSON.stringify(usage()))
    })
  })
  // Exclusive: a worker of a cluster would otherwise hand the socket to its supervisor.
  server.listen({ path: join(folder, `${process.pid}.sock`), exclusive: true })
  server.unref()
}

function usage() {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return {
    cpuMicroseconds: user + system,
    rssBytes: rss,
    heapBytes: heapUsed,
    files: readdirSync('/dev/fd').length,
    // Our own socket is a pipe.
    handles: process.getActiveResourcesInfo().filter((kind) => !kind.startsWith('Pipe')).length,
  }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

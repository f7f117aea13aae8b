import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { CommandError } from './command-error.ts'
import { EX_CANTCREAT } from './exit-codes.ts'
import { withProject } from './open-project.ts'
import { createProgress } from './progress.ts'

interface ExportOptions {
  readonly project?: string
  readonly output?: string
}

/** Lines are handed on in pieces of about this many characters. */
const PIECE_LENGTH = 65_536

/** `walletgate users export`: everybody, as NDJSON that `users import` reads. */
export function usersExportCommand(): Command {
  return new Command('export')
    .description('write every user as NDJSON that “users import” reads back; sessions are not among it')
    .option('--project <id>', 'the project, where there are several')
    .option('--output <file>', 'a new file that only you can read, instead of standard output')
    .action(runExport)
}

async function runExport(options: ExportOptions): Promise<void> {
  const { exportUsers } = await import('../import/export-users.ts')
  await withProject(options, async ({ users, stores, chains, audit, projectId }) => {
    const progress = createProgress(process.stderr, 'users')
    const total = await users.count(projectId)
    let count = 0
    async function* pieces(): AsyncGenerator<string> {
      let piece = ''
      for await (const row of exportUsers({ users, identities: stores.identities, chains }, projectId)) {
        count += 1
        progress.show(count, total === 0 ? null : count / total)
        piece += `${row}\n`
        if (piece.length < PIECE_LENGTH) continue
        yield piece
        piece = ''
      }
      if (piece !== '') yield piece
    }
    try {
      await write(Readable.from(pieces(), { objectMode: true, highWaterMark: 1 }), options.output)
    } finally {
      audit?.record({ event: 'users.exported', projectId, rows: count })
    }
    progress.clear()
    process.stderr.write(`${count} users\n`)
  })
}

async function write(text: Readable, file: string | undefined): Promise<void> {
  try {
    if (file === undefined) await pipeline(text, process.stdout, { end: false })
    // Mail addresses of everybody: for nobody else's eyes, and never over something that is there.
    else await pipeline(text, createWriteStream(file, { flags: 'wx', mode: 0o600 }))
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (code === 'EPIPE') return // The reader has enough.
    if (syscall !== 'open' && syscall !== 'write') throw error
    throw new CommandError(code === 'EEXIST' ? '--output is there already' : `cannot write: ${code}`, EX_CANTCREAT)
  }
}

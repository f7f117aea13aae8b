import { open } from 'node:fs/promises'
import { constants } from 'node:os'
import { extname } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { ImportSummary, RowProblem } from '../import/import-rows.ts'
import { CommandError } from './command-error.ts'
import { EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE } from './exit-codes.ts'
import { withProject } from './open-project.ts'
import { createProgress } from './progress.ts'

const FORMATS = ['ndjson', 'csv'] as const
type Format = (typeof FORMATS)[number]

const CONFLICT_WAYS = ['skip', 'fail'] as const

interface ImportOptions {
  readonly project?: string
  readonly format?: Format
  readonly onConflict: (typeof CONFLICT_WAYS)[number]
  readonly dryRun?: true
  readonly json?: true
}

/** As many problems as one JSON document lists; all of them are counted. */
const MAX_LISTED_PROBLEMS = 1_000
const CHUNK_BYTES = 262_144

const HELP = `
One user a row, as JSON ({"id":"u1","createdAt":"2024-05-01T12:00:00Z","wallets":["0x…"],
"emails":[{"address":"ada@example.com","verified":true}]}) or as CSV with a first line of column names.
docs/guides/leaving-a-vendor.md has every field. Rows that are here already are recognised and left alone:
after an interruption, run the same command again.

Exit codes: 0 everything is here now, 65 some rows were not imported, 66 no such file, 69 the store went away,
130 interrupted.`

/** `walletgate users import <file>`. */
export function usersImportCommand(): Command {
  return new Command('import')
    .description('bring users in from another system, with their ids; again and again, without doing anything twice')
    .argument('<file>', 'NDJSON or CSV; - for standard input')
    .option('--project <id>', 'the project, where there are several')
    .option(
      '--format <name>',
      `${FORMATS.join(' or ')}; from the file’s extension where it is left out`,
      oneOf('format', FORMATS),
    )
    .option('--dry-run', 'change nothing, and report what would happen')
    .option(
      '--on-conflict <way>',
      'skip: leave out what cannot be imported and go on; fail: stop there',
      oneOf('on-conflict', CONFLICT_WAYS),
      'skip',
    )
    .option('--json', `print one JSON summary, with the first ${MAX_LISTED_PROBLEMS} problems`)
    .addHelpText('after', HELP)
    .action(runImport)
}

async function runImport(file: string, options: ImportOptions): Promise<void> {
  const format = options.format ?? formatOf(file)
  const isJson = options.json === true
  const startedAt = performance.now()
  await withProject(options, async (project) => {
    const source = await openSource(file)
    const [{ importRows }, read] = await Promise.all([import('../import/import-rows.ts'), readerOf(format)])
    const progress = createProgress(process.stderr, 'rows')
    const problems: RowProblem[] = []
    let omitted = 0
    const stop = new AbortController()
    let signalled: NodeJS.Signals | null = null
    const onSignal = (name: NodeJS.Signals) => {
      signalled = name
      stop.abort()
    }
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal)
    const summary = await importRows(project, read(source.chunks), {
      projectId: project.projectId,
      isDryRun: options.dryRun === true,
      onConflict: options.onConflict,
      signal: stop.signal,
      onProblem(problem) {
        if (!isJson) {
          progress.clear()
          process.stdout.write(`${formatProblem(problem)}\n`)
        } else if (problems.length < MAX_LISTED_PROBLEMS) problems.push(problem)
        else omitted += 1
      },
      onRow: (rows) => progress.show(rows, source.share()),
    }).finally(() => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal)
      progress.clear()
    })
    const seconds = Math.round(performance.now() - startedAt) / 1000
    const told = { project: project.projectId, dryRun: options.dryRun === true, ...summary, seconds }
    process.stdout.write(
      isJson
        ? `${JSON.stringify({ ...told, problems, problemsOmitted: omitted }, null, 2)}\n`
        : formatSummary(summary, told.dryRun, seconds),
    )
    process.exitCode = exitCodeOf(summary, signalled)
  })
}

function formatOf(file: string): Format {
  const extension = extname(file).toLowerCase()
  if (extension === '.csv') return 'csv'
  if (file === '-' || ['.ndjson', '.jsonl', '.json'].includes(extension)) return 'ndjson'
  throw new InvalidArgumentError(
    `the file’s name does not tell its format: say --format ${FORMATS.join(' or --format ')}`,
  )
}

async function readerOf(format: Format) {
  return format === 'csv'
    ? (await import('../import/read-csv.ts')).readCsv
    : (await import('../import/read-ndjson.ts')).readNdjson
}

interface Source {
  readonly chunks: AsyncIterable<Uint8Array>
  /** How much of it was read; null where that cannot be told. */
  share(): number | null
}

async function openSource(file: string): Promise<Source> {
  if (file === '-') return { chunks: process.stdin, share: () => null }
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`cannot read the file: ${error.code}`, EX_NOINPUT)
  })
  const stats = await handle.stat()
  if (stats.isDirectory()) {
    await handle.close()
    throw new CommandError('cannot read the file: it is a directory', EX_NOINPUT)
  }
  const stream = handle.createReadStream({ highWaterMark: CHUNK_BYTES })
  return { chunks: stream, share: () => (stats.size === 0 ? null : stream.bytesRead / stats.size) }
}

function oneOf<const T extends string>(name: string, accepted: readonly T[]) {
  return (value: string): T => {
    const found = accepted.find((word) => word === value)
    if (found === undefined) throw new InvalidArgumentError(`${name} must be one of: ${accepted.join(', ')}`)
    return found
  }
}

/** `line 7: wallets[0].address is text of 12 characters, not an address. Write …` */
function formatProblem({ line, field, problem, remedy }: RowProblem): string {
  return `line ${line}: ${field === null ? '' : `${field} `}${problem}. ${remedy}.`
}

const STOPPED: Readonly<Record<NonNullable<ImportSummary['stopped']>, string>> = {
  conflict: 'Stopped at the first row that cannot be imported (--on-conflict fail).',
  interrupted: 'Interrupted: run the same command again to go on.',
  unreadable: 'Stopped: the rest of the file cannot be read. Mend it, and run the same command again to go on.',
  store_unavailable: 'Stopped: the store does not answer. When it does, run the same command again to go on.',
}

function formatSummary(summary: ImportSummary, isDryRun: boolean, seconds: number): string {
  const { rows, imported, completed, unchanged, malformed, conflicts, openedSessions, stopped, reason } = summary
  const lines = [
    `${rows} rows in ${seconds} s${isDryRun ? '; a dry run: nothing was changed' : ''}`,
    `  ${imported} imported, ${completed} completed, ${unchanged} unchanged, ${malformed} malformed, ${conflicts} in conflict`,
    ...(openedSessions > 0 ? [`  ${openedSessions} sessions go on`] : []),
    ...(stopped === null ? [] : [`${STOPPED[stopped]}${reason === null ? '' : ` (${reason})`}`]),
  ]
  return `${lines.join('\n')}\n`
}

function exitCodeOf({ stopped, malformed, conflicts }: ImportSummary, signalled: NodeJS.Signals | null): number {
  if (stopped === 'interrupted') return 128 + constants.signals[signalled ?? 'SIGINT']
  if (stopped === 'store_unavailable') return EX_UNAVAILABLE
  return stopped !== null || malformed + conflicts > 0 ? EX_DATAERR : 0
}

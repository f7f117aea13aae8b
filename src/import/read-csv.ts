import { CsvError, parse } from 'csv-parse'
import { readHeader, rowOf } from './csv-columns.ts'
import { MAX_ROW_BYTES, type RawRow, type RowFault, UnreadableInputError } from './row.ts'

interface CsvRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/**
 * Rows of CSV (RFC 4180) whose first line names the columns, in the shape of NDJSON rows. Cells of several values separate them by
 * spaces.
 *
 * @throws {UnreadableInputError} for a header that is not known, and where quotes are not: nothing tells then where a row ends
 */
export async function* readCsv(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RawRow> {
  let rowBegins = 1
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
    on_record(item, { lines }) {
      // Here and not below: after an error, rows that were parsed before it are not handed out any more.
      rowBegins = lines + 1
      return item
    },
  })
  const feeding = feed(parser, chunks)
  let columns: readonly string[] | null = null
  try {
    for await (const item of parser as AsyncIterable<CsvRecord>) {
      const { record, info } = item
      const line = info.lines - newlinesIn(record)
      if (columns !== null) {
        yield readRecord(columns, record, line)
        continue
      }
      const header = readHeader(record)
      if (!isColumns(header)) throw new UnreadableInputError(line, header)
      columns = header
    }
    await feeding
  } catch (error) {
    throw explain(error, rowBegins)
  } finally {
    parser.destroy()
    await feeding.catch(() => {})
  }
}

function isColumns(header: readonly string[] | RowFault): header is readonly string[] {
  return Array.isArray(header)
}

/** Writes no faster than is read. A failure of the source becomes the parser's. */
async function feed(parser: ReturnType<typeof parse>, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (parser.destroyed) return
      if (!parser.write(chunk)) await drained(parser)
    }
    parser.end()
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error('the input failed', { cause: error }))
  }
}

function drained(parser: ReturnType<typeof parse>): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      parser.off('drain', go)
      parser.off('close', go)
      resolve()
    }
    parser.on('drain', go)
    parser.on('close', go)
  })
}

function readRecord(columns: readonly string[], record: readonly string[], line: number): RawRow {
  if (record.length !== columns.length) {
    const problem = `has ${record.length} cells, and the first line names ${columns.length} columns`
    return { line, fault: { field: null, problem, remedy: 'Put cells that hold a comma in double quotes' } }
  }
  const broken = record.findIndex((text) => text.includes('\ufffd'))
  if (broken !== -1) {
    const fault = { field: `column ${broken + 1}`, problem: 'is not UTF-8', remedy: 'Save the file as UTF-8' }
    return { line, fault }
  }
  return { line, value: rowOf(columns, record) }
}

/** A record ends on the line where it is read to its end; cells may hold line breaks. */
function newlinesIn(record: readonly string[]): number {
  let count = 0
  for (const text of record) for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1
  return count
}

/** Told of the line on which the row begins. */
const SYNTAX: Readonly<Record<string, RowFault>> = {
  CSV_QUOTE_NOT_CLOSED: {
    field: null,
    problem: 'begins a row with a double quote that is never closed',
    remedy: 'Close it; a double quote within a cell is written twice',
  },
  CSV_MAX_RECORD_SIZE: {
    field: null,
    problem: `begins a row longer than ${MAX_ROW_BYTES} characters`,
    remedy: 'Close the double quote that swallows the rows after it, or write one user a line',
  },
}
/** Told of the line itself. */
const OTHER_SYNTAX: RowFault = {
  field: null,
  problem: 'has a double quote where none may stand',
  remedy: 'Put the whole cell in double quotes, and write one within it twice',
}

/** The parser's own words quote the cell. */
function explain(error: unknown, rowBegins: number): unknown {
  if (!(error instanceof CsvError)) return error
  const fault = SYNTAX[error.code]
  if (fault !== undefined) return new UnreadableInputError(rowBegins, fault)
  const { lines } = error as CsvError & { readonly lines?: unknown }
  return new UnreadableInputError(typeof lines === 'number' ? lines : rowBegins, OTHER_SYNTAX)
}

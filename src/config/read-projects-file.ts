import type { z } from 'zod'
import type { Fault } from './config-error.ts'
import { nearName } from './near-names.ts'
import { knownKeysAt, ProjectsFile, type ProjectsFileInput } from './projects-file-schema.ts'
import { kindOf } from './values/reader.ts'

export interface ProjectsFileReading {
  /** Null when anything in it is faulty. */
  readonly input: ProjectsFileInput | null
  /** As parsed, for faults between its parts, which are looked for even when a part is faulty itself. */
  readonly json: unknown
}

const NOTHING: ProjectsFileReading = { input: null, json: null }

/** The projects file, with every fault in it noted by its place. Nothing of its text gets into a fault. */
export function readProjectsFile(
  path: string,
  readFile: (path: string) => string,
  faults: Fault[],
): ProjectsFileReading {
  const note = (problem: string, remedy: string) => faults.push({ name: 'WALLETGATE_CONFIG', problem, remedy })
  let text: string
  try {
    text = readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    note(`names a file that cannot be read${code}`, 'Check the path and the permissions of the file')
    return NOTHING
  }
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    note(
      `names a file that is not JSON${placeOf(error, text)}`,
      'Correct the file; JSON has no comments and no trailing commas',
    )
    return NOTHING
  }
  const parsed = ProjectsFile.safeParse(json)
  if (parsed.success) return { input: parsed.data, json }
  for (const issue of parsed.error.issues) faults.push(...faultsOf(issue, json))
  return { input: null, json }
}

/** Only the line: the runtime's own message can quote the text, and with it a secret. */
function placeOf(error: unknown, text: string): string {
  const position = error instanceof SyntaxError ? /at position (\d+)/.exec(error.message)?.[1] : undefined
  return position === undefined ? '' : ` (line ${text.slice(0, Number(position)).split('\n').length})`
}

type Issue = z.core.$ZodIssue

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  record: 'an object',
  object: 'an object',
  number: 'a number',
}

function faultsOf(issue: Issue, json: unknown): readonly Fault[] {
  const name = formatPath(issue.path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = knownKeysAt(issue.path)
      const meant = nearName(key, known)
      const remedy = meant === null ? `Remove it; here there can be ${known.join(', ')}` : `Did you mean ${meant}?`
      return { name: formatPath([...issue.path, key]), problem: 'is not a setting', remedy }
    })
  }
  if (issue.code === 'custom') return [{ name, problem: issue.message, remedy: String(issue.params?.['remedy']) }]
  const value = valueAt(json, issue.path)
  if (value === undefined) return [{ name, problem: 'is missing', remedy: 'Set it' }]
  if (issue.code === 'too_small')
    return [{ name, problem: 'is an empty list', remedy: 'Put at least one entry into it' }]
  const expected =
    issue.code === 'invalid_type' ? (EXPECTED[issue.expected] ?? issue.expected) : 'text or a list of texts'
  return [{ name, problem: `is ${kindOf(value)}, not ${expected}`, remedy: `Write ${expected}` }]
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    json,
  )
}

/**
 * `projects[0].moonkey.appId`; the file itself is `(file)`. A long or odd key is only counted: it may be a secret in the
 * wrong place, or try to forge a line.
 */
function formatPath(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`
    const key = String(step)
    if (/^[$A-Za-z_][\w$]{0,30}$/.test(key)) return `.${key}`
    return /^eip155:\d{1,32}$/.test(key) ? `["${key}"]` : `[key of ${key.length} characters]`
  })
  return steps.join('').replace(/^\./, '') || '(file)'
}

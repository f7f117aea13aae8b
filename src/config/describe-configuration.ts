import { ENV_NAMES, type EnvName, type EnvNameFacts, envNamesOf } from './env-names.ts'
import { projectsFileJsonSchema } from './projects-file-schema.ts'

interface JsonSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly description?: string
}

/** The sections of a project in the file, by their keys. */
const SECTIONS: readonly (readonly [path: string, title: string])[] = [
  ['walletkit', 'WalletKit section'],
  ['moonkey', 'MoonKey section'],
  ['moonkey.vendorTokens', 'MoonKey section: tokens of the vendor'],
  ['fourmica', '4mica section'],
]

/** The configuration guide, in Markdown: every name that is read, from the same table that reads it. */
export function describeConfiguration(): string {
  const project = propertiesOf(projectsFileJsonSchema()).properties?.['projects']?.items ?? {}
  const parts = [
    '# Configuration',
    'Every setting, its meaning and what holds without it. Nothing is needed for a first start; bad values, unknown names and combinations that cannot work stop the start with every fault listed.',
    'This page is written by `npm run docs:emit` from the tables that read the settings; change those.',
    '## Environment: the server',
    'These work with and without a file of projects. The third column is the key in the `server` object of that file; the environment wins.',
    table(['Name', 'Meaning', 'In the file', 'Without it'], envNamesOf('server').map(serverRow)),
    '## Environment: one project',
    'These describe the project of a start without a file. Beside `WALLETGATE_CONFIG` they are faults.',
    table(['Name', 'Meaning', 'Without it'], envNamesOf('project').map(projectRow)),
    '## Environment: traces',
    'OpenTelemetry’s own names, with its meanings, and one of ours. Nothing is traced without an endpoint, and then the other names are not read: they may be meant for other programs. A name that is nearly one of these stops the start, so that a misspelt endpoint is found. Where traces are sent, the standard names for the exporter’s certificates, compression and timeout (`OTEL_EXPORTER_OTLP_CERTIFICATE`, `_CLIENT_KEY`, `_CLIENT_CERTIFICATE`, `_COMPRESSION`, `_TIMEOUT`) are read by the exporter itself, unchecked.',
    table(['Name', 'Meaning', 'Without it'], envNamesOf('tracing').map(projectRow)),
    '## The file of projects',
    '`WALLETGATE_CONFIG` names a JSON file: `{ "projects": […], "server": {…} }`. `config/projects.example.json` is one, and `config/projects.schema.json` its JSON Schema, for editors. A key it does not know is a fault.',
    '`SIGHUP` reads it again without dropping a request: projects, `rateLimits`, `trustedProxies` and `logLevel` change at once, all or nothing; other settings of the server are named in the log and wait for a restart. A file with faults changes nothing; `walletgate check-config` says them beforehand.',
    '### A project',
    fileTable(project),
    ...SECTIONS.flatMap(([key, title]) => [
      `### ${title}`,
      `\`${key}\` of a project.`,
      fileTable(sectionAt(project, key)),
    ]),
  ]
  return `${parts.join('\n\n')}\n`
}

function sectionAt(schema: JsonSchema, path: string): JsonSchema {
  return path.split('.').reduce<JsonSchema>((section, key) => section.properties?.[key] ?? {}, schema)
}

function serverRow(name: EnvName): readonly string[] {
  const { meaning, default: otherwise, fileKey }: EnvNameFacts = ENV_NAMES[name]
  return [`\`${name}\``, meaning, fileKey === undefined ? '' : `\`${fileKey}\``, otherwise]
}

function projectRow(name: EnvName): readonly string[] {
  const { meaning, default: otherwise } = ENV_NAMES[name]
  return [`\`${name}\``, meaning, otherwise]
}

function fileTable({ properties = {}, required = [] }: JsonSchema): string {
  const rows = Object.entries(properties).map(([key, schema]) => [
    `\`${key}\``,
    typeOf(schema) + (required.includes(key) ? ', required' : ''),
    schema.description ?? '',
  ])
  return table(['Key', 'Value', 'Meaning'], rows)
}

function typeOf({ type, items, anyOf, additionalProperties }: JsonSchema): string {
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ')
  if (type === 'array') return `list of ${items?.type ?? 'value'}s`
  if (type === 'object' && typeof additionalProperties === 'object') return `object of ${typeOf(additionalProperties)}`
  return type ?? 'value'
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

/** A bar parts cells, an asterisk or angle bracket begins a mark; within code they stand for themselves. */
function escapeCell(text: string): string {
  return text.startsWith('`') ? text : text.replaceAll(/[|*<>]/g, '\\$&')
}

function propertiesOf(schema: object): JsonSchema {
  return schema
}

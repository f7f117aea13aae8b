import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** As much of JSON Schema as our documents use. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly example?: unknown
  readonly minimum?: number
}

interface Parameter {
  readonly in: 'path' | 'query' | 'header'
  readonly name: string
  readonly required?: boolean
  readonly schema: Schema
}

const DIALECTS = ['4mica', 'moonkey', 'walletkit'] as const
export type DialectName = (typeof DIALECTS)[number]

/** One endpoint of a dialect, as the dialect's committed document describes it. */
export interface Operation {
  readonly dialect: DialectName
  /** In capitals. */
  readonly method: string
  /** With `{name}` where a parameter stands. */
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** Names of the security schemes of its first alternative. */
  readonly security: readonly string[]
  /** Null: it has no body. References are resolved. */
  readonly body: Schema | null
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}
interface DocumentedOperation {
  readonly parameters?: readonly Parameter[]
  readonly security?: readonly Readonly<Record<string, unknown>>[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

/** Every operation of every document in `specs/`: a new endpoint, or a new dialect that nobody has thought of here, is among them. */
export function readOperations(): readonly Operation[] {
  const specs = new URL('../../../specs/', import.meta.url)
  return readdirSync(specs)
    .filter((name) => name.endsWith('.openapi.yaml'))
    .flatMap((name) => {
      const document = parse(readFileSync(new URL(name, specs), 'utf8')) as Document
      return operationsOf(dialectNamed(name.replace('.openapi.yaml', '')), document)
    })
}

function dialectNamed(name: string): DialectName {
  const dialect = DIALECTS.find((each) => each === name)
  if (dialect === undefined) throw new Error(`a new dialect, ${name}: say in test/hostile how one signs in to it`)
  return dialect
}

function operationsOf(dialect: DialectName, { paths, components }: Document): readonly Operation[] {
  const resolve = (schema: Schema): Schema => {
    if (schema.$ref !== undefined) {
      const found = components.schemas[schema.$ref.replace('#/components/schemas/', '')]
      if (found === undefined) throw new Error(`${schema.$ref} is not there`)
      return resolve(found)
    }
    const { properties, items, anyOf } = schema
    return {
      ...schema,
      ...(properties && {
        properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, resolve(each)])),
      }),
      ...(items && { items: resolve(items) }),
      ...(anyOf && { anyOf: anyOf.map(resolve) }),
    }
  }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], security = [], requestBody }]) => {
      const schema = requestBody?.content['application/json']?.schema
      return {
        dialect,
        method: method.toUpperCase(),
        path,
        parameters,
        security: Object.keys(security[0] ?? {}),
        body: schema === undefined ? null : resolve(schema),
      }
    }),
  )
}

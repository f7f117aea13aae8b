import type { OpenApiDocument, Schema } from './openapi-document.ts'

export interface Field {
  /** From the body's root, with dots; `[]` for the members of a list. */
  readonly path: string
  readonly type: string
  readonly isRequired: boolean
  readonly description: string
  /** What values there may be, in words. */
  readonly bounds: string
}

const MAX_DEPTH = 5

/** The fields of a body, outer before inner. */
export function listFields(document: OpenApiDocument, schema: Schema, prefix = '', depth = 0): readonly Field[] {
  const own = dereference(document, schema)
  if (depth > MAX_DEPTH) return []
  if (own.items !== undefined) return listFields(document, own.items, `${prefix}[]`, depth + 1)
  return Object.entries(own.properties ?? {}).flatMap(([name, property]) => {
    const resolved = dereference(document, property)
    const path = prefix === '' ? name : `${prefix}.${name}`
    const field = {
      path,
      type: typeOf(document, resolved),
      isRequired: own.required?.includes(name) ?? false,
      description: property.description ?? resolved.description ?? '',
      bounds: boundsOf(resolved),
    }
    return [field, ...listFields(document, resolved, path, depth + 1)]
  })
}

/** A value that fits the schema, from its examples where it has them. Fields that may be left out are, unless all may. */
export function exampleOf(document: OpenApiDocument, schema: Schema, depth = 0): unknown {
  const own = dereference(document, schema)
  if (own.example !== undefined) return own.example
  if (own.const !== undefined) return own.const
  if (own.enum !== undefined) return own.enum[0]
  const variant = own.anyOf?.[0] ?? own.oneOf?.[0]
  if (variant !== undefined) return exampleOf(document, variant, depth + 1)
  const [type] = typesOf(own)
  if (type === 'object' && own.properties !== undefined) {
    if (depth > MAX_DEPTH) return {}
    const shown = Object.entries(own.properties).filter(([name]) => own.required?.includes(name) ?? true)
    return Object.fromEntries(shown.map(([name, property]) => [name, exampleOf(document, property, depth + 1)]))
  }
  if (type === 'array') return own.items === undefined ? [] : [exampleOf(document, own.items, depth + 1)]
  if (type === 'integer' || type === 'number') return own.minimum ?? 1
  if (type === 'boolean') return true
  return type === 'string' ? '…' : {}
}

/** The schema itself, where it is a reference to a component. */
export function dereference({ components }: OpenApiDocument, schema: Schema): Schema {
  const name = schema.$ref?.replace('#/components/schemas/', '')
  return name === undefined ? schema : (components?.schemas?.[name] ?? {})
}

export function typeOf(document: OpenApiDocument, schema: Schema): string {
  const own = dereference(document, schema)
  const variants = own.anyOf ?? own.oneOf
  if (variants !== undefined) return [...new Set(variants.map((each) => typeOf(document, each)))].join(' or ')
  if (own.items !== undefined) return `list of ${typeOf(document, own.items)}`
  return typesOf(own).join(' or ') || 'anything'
}

function typesOf({ type }: Schema): readonly string[] {
  return type === undefined ? [] : typeof type === 'string' ? [type] : type
}

function boundsOf(schema: Schema): string {
  const { minLength, maxLength, minimum, maximum, format } = schema
  const bounds: string[] = []
  if (schema.const !== undefined) bounds.push(`always ${JSON.stringify(schema.const)}`)
  if (schema.enum !== undefined) bounds.push(`one of ${schema.enum.map((each) => JSON.stringify(each)).join(', ')}`)
  if (format !== undefined) bounds.push(format)
  if (maxLength !== undefined) bounds.push(`at most ${maxLength} characters`)
  if (minLength !== undefined && minLength > 1) bounds.push(`at least ${minLength} characters`)
  if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) bounds.push(`from ${minimum}`)
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) bounds.push(`up to ${maximum}`)
  return bounds.join(', ')
}

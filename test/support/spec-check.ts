import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { parse } from 'yaml'

interface OpenApiDocument {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { responses: Readonly<Record<string, ResponseObject>> }>>>
  >
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}
interface ResponseObject {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}

/**
 * Holds answers against a committed OpenAPI document: status, media type and body must be what the operation declares.
 * Answers outside the operations (unknown paths, other methods) must have the dialect's error shape.
 */
export class SpecCheck {
  readonly #document: OpenApiDocument
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false })
  readonly #errorSchema: string
  readonly #validators = new Map<string, ValidateFunction>()

  constructor(file: string, errorSchema: string) {
    this.#document = parse(readFileSync(new URL(`../../specs/${file}`, import.meta.url), 'utf8'))
    this.#ajv.addSchema(this.#document, 'spec')
    this.#errorSchema = errorSchema
  }

  /** Throws, saying what differs. The response can still be read afterwards. */
  async check(method: string, path: string, response: Response): Promise<void> {
    const place = `${method} ${path} answered ${response.status}`
    const operation = this.#findOperation(method.toLowerCase(), path)
    const body = await response.clone().text()
    if (operation === null) {
      // An answer to HEAD has no body to look at (RFC 9110 §9.3.2).
      if (response.status < 400 || method.toUpperCase() === 'HEAD') return
      return this.#requireValid(place, this.#errorValidator(), body, response)
    }
    const declared = operation.responses[String(response.status)]
    if (declared === undefined) throw new Error(`${place}, which the document does not declare`)
    const schema = declared.content?.['application/json']?.schema
    if (schema === undefined) {
      if (body !== '') throw new Error(`${place} with a body, where the document declares none`)
      return
    }
    this.#requireValid(place, this.#compile(schema), body, response)
  }

  #findOperation(method: string, path: string) {
    // OpenAPI 3.1 §4.8.8.2: a path without parameters is matched before those with.
    const concrete = this.#document.paths[path]
    if (concrete !== undefined) return concrete[method] ?? null
    for (const [template, operations] of Object.entries(this.#document.paths)) {
      const pattern = new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`)
      const operation = operations[method]
      if (operation !== undefined && pattern.test(path)) return operation
    }
    return null
  }

  #errorValidator(): ValidateFunction {
    return this.#compile({ $ref: `#/components/schemas/${this.#errorSchema}` })
  }

  #compile(schema: object): ValidateFunction {
    const text = JSON.stringify(schema).replaceAll('"#/', '"spec#/')
    const validate = this.#validators.get(text) ?? this.#ajv.compile(JSON.parse(text))
    this.#validators.set(text, validate)
    return validate
  }

  #requireValid(place: string, validate: ValidateFunction, body: string, response: Response): void {
    const type = response.headers.get('content-type') ?? ''
    if (!/^application\/json(;|$)/.test(type)) throw new Error(`${place} with content type "${type}"`)
    if (body === '') throw new Error(`${place} with an empty body`)
    const value: unknown = JSON.parse(body)
    if (!validate(value))
      throw new Error(
        `${place} with a body that breaks the document: ${this.#ajv.errorsText(validate.errors)}: ${body}`,
      )
  }
}

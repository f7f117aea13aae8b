import { html, raw } from 'hono/html'
import type { PlaygroundProject } from '../playground/playground-settings.ts'
import { type CredentialField, credentialFields, suggestParameter } from './credentials.ts'
import type { Html } from './docs-layout.ts'
import { renderInline } from './markdown-inline.ts'
import type { OpenApiDocument, Operation, Parameter, Schema } from './openapi-document.ts'
import { exampleOf, listFields, typeOf } from './schema.ts'

const JSON_TYPE = 'application/json'

export interface PlacedOperation extends Operation {
  readonly id: string
  readonly method: string
  readonly path: string
}

/** Every operation of a document, group by group. */
export function groupOperations(document: OpenApiDocument): ReadonlyMap<string, readonly PlacedOperation[]> {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      id: operation.operationId ?? `${method}-${path}`,
      method: method.toUpperCase(),
      path,
    })),
  )
  const groups = new Map<string, PlacedOperation[]>()
  for (const operation of operations) {
    const tag = operation.tags?.[0] ?? 'Other'
    groups.set(tag, [...(groups.get(tag) ?? []), operation])
  }
  return groups
}

/** A dialect's reference. @param project whose credentials to fill in; null: none */
export function renderReference(document: OpenApiDocument, name: string, project: PlaygroundProject | null): Html {
  const { title, description = '' } = document.info
  const groups = [...groupOperations(document)].map(
    ([tag, operations]) => html`<section class="group" aria-label="${tag}">
<h2>${tag}</h2>
${operations.map((operation) => renderOperation(document, operation, project))}
</section>`,
  )
  return html`<article>
<h1>${title}</h1>
<p class="lead">${prose(description)} The document: <a href="/openapi/${name}.json">/openapi/${name}.json</a>.</p>
<noscript><p class="verdict bad">Trying things out needs JavaScript; everything else on this page does not.</p></noscript>
${groups}
</article>`
}

function renderOperation(
  document: OpenApiDocument,
  operation: PlacedOperation,
  project: PlaygroundProject | null,
): Html {
  const { id, method, path, summary = id, description, parameters = [] } = operation
  const credentials = credentialFields(document, operation, project)
  const body = operation.requestBody?.content[JSON_TYPE]?.schema ?? null
  return html`<article class="card operation" aria-labelledby="${id}">
<h3 id="${id}"><a class="anchor" href="#${id}">${summary}</a></h3>
<p class="path"><span class="method">${method}</span><code>${path}</code></p>
${description === undefined ? '' : html`<p>${prose(description)}</p>`}
${renderCredentials(document, operation)}
${parameters.length === 0 ? '' : renderParameters(document, parameters)}
${body === null ? '' : renderFields(document, body, 'Body')}
${renderAnswers(document, operation)}
${renderTry(document, operation, credentials, body, project)}
</article>
`
}

function renderCredentials({ components }: OpenApiDocument, { security = [] }: Operation): Html | string {
  if (security.length === 0) return html`<p class="quiet">Needs no credential.</p>`
  const ways = security.map((way) =>
    Object.keys(way)
      .map((name) => {
        const scheme = components?.securitySchemes?.[name]
        const where = scheme?.type === 'http' ? 'Authorization: Bearer' : (scheme?.name ?? name)
        return `\`${where}\`. ${scheme?.description ?? ''}`
      })
      .join(' And also '),
  )
  return html`<p class="quiet">Needs ${prose(ways.join(' Or instead '))}</p>`
}

function renderParameters(document: OpenApiDocument, parameters: readonly Parameter[]): Html {
  const rows = parameters.map(({ name, in: place, required = false, description, schema }) => ({
    path: name,
    type: `${typeOf(document, schema)}, in the ${place}`,
    isRequired: required,
    description: description ?? schema.description ?? '',
    bounds: schema.maxLength === undefined ? '' : `at most ${schema.maxLength} characters`,
  }))
  return renderTable('Parameters', rows)
}

function renderFields(document: OpenApiDocument, schema: Schema, title: string): Html | string {
  const fields = listFields(document, schema)
  return fields.length === 0 ? '' : renderTable(title, fields)
}

function renderTable(title: string, fields: ReturnType<typeof listFields>): Html {
  const rows = fields.map(
    ({ path, type, isRequired, description, bounds }) => html`<tr><td><code>${path}</code></td>
<td>${type}${isRequired ? '' : html` <span class="optional">(optional)</span>`}</td><td>${prose(description)}${bounds === '' ? '' : html` <span class="optional">${bounds}</span>`}</td></tr>
`,
  )
  return html`<h4>${title}</h4>
<div class="scroll" role="region" aria-label="${title}" tabindex="0"><table><thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead><tbody>${rows}</tbody></table></div>`
}

function renderAnswers(document: OpenApiDocument, { responses }: Operation): Html {
  const rows = Object.entries(responses).map(
    ([
      status,
      { description },
    ]) => html`<tr><td><span class="status ${status.startsWith('2') ? 'good' : 'bad'}">${status}</span></td><td>${prose(description)}</td></tr>
`,
  )
  const bodies = Object.entries(responses).flatMap(([status, { content }]) => {
    const schema = content?.[JSON_TYPE]?.schema
    // Errors all look alike: the first says how.
    const isFirst = status.startsWith('2') || status === '400'
    return schema === undefined || !isFirst ? [] : [renderFields(document, schema, `Body of ${status}`)]
  })
  return html`<details class="answers"><summary>Answers</summary>
<div class="scroll" role="region" aria-label="Answers" tabindex="0"><table><thead><tr><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead><tbody>${rows}</tbody></table></div>
${bodies}
</details>`
}

function renderTry(
  document: OpenApiDocument,
  { id, method, path, parameters = [] }: PlacedOperation,
  credentials: readonly CredentialField[],
  body: Schema | null,
  project: PlaygroundProject | null,
): Html {
  const asked = parameters.map((parameter) => {
    const { name, in: place, schema, example } = parameter
    const shown = String(example ?? schema.example ?? '')
    // An abridged example is to be read, not to be sent: a header could not even hold it (RFC 9110 §5.5).
    const value = suggestParameter(name, project) ?? (shown.includes('…') ? '' : shown)
    return renderInput({ id: `${id}-${name}`, label: name, place, into: name, before: '', value, credential: null })
  })
  const shown = credentials.map((each) => renderInput({ ...each, id: `${id}-${each.name}`, credential: each.name }))
  const text = body === null ? null : JSON.stringify(exampleOf(document, body), null, 2)
  return html`<details class="try"><summary>Try it</summary>
<form data-method="${method}" data-path="${path}" aria-label="Try ${method} ${path}">
${shown}${asked}
${text === null ? '' : html`<div><label for="${id}-body">Body</label><textarea id="${id}-body" data-in="body" spellcheck="false" rows="${Math.min(text.split('\n').length + 1, 14)}">${text}</textarea></div>`}
<div><button type="submit">Send</button></div>
</form>
<div class="results" aria-live="polite"></div>
</details>`
}

interface InputParts {
  readonly id: string
  readonly label: string
  readonly place: string
  readonly into: string
  readonly before: string
  readonly value: string
  /** Typed once, it stands in every form; null: it is this form's. */
  readonly credential: string | null
}

function renderInput({ id, label, place, into, before, value, credential }: InputParts): Html {
  return html`<div class="row"><label for="${id}">${label}</label><input type="text" id="${id}" data-in="${place}" data-into="${into}" data-before="${before}"${credential === null ? '' : html` data-credential="${credential}"`} value="${value}" autocomplete="off" spellcheck="false"></div>
`
}

/** A sentence of a document, in which code may be marked. */
function prose(text: string): Html {
  return html`${raw(renderInline(text, () => null))}`
}

import type { PlaygroundProject } from '../playground/playground-settings.ts'
import type { OpenApiDocument, Operation, SecurityScheme } from './openapi-document.ts'

/** A credential that a request carries, as a field of a form. */
export interface CredentialField {
  /** The same credential has the same name in every form of a page. */
  readonly name: string
  readonly label: string
  readonly place: 'header' | 'query'
  /** The header or query parameter it goes into. */
  readonly into: string
  /** What stands before it there. */
  readonly before: string
  readonly value: string
}

/** What this operation asks for. Where there is a choice, the first. @param project whose credentials to fill in; null: none */
export function credentialFields(
  { components }: OpenApiDocument,
  { security }: Operation,
  project: PlaygroundProject | null,
): readonly CredentialField[] {
  return Object.keys(security?.[0] ?? {}).flatMap((name) => {
    const scheme = components?.securitySchemes?.[name]
    return scheme === undefined ? [] : [fieldOf(name, scheme, project)]
  })
}

function fieldOf(name: string, scheme: SecurityScheme, project: PlaygroundProject | null): CredentialField {
  const value = suggest(name, project)
  if (scheme.type === 'http') {
    const label = name.includes('Token') ? 'Access token' : 'Secret key'
    return { name, label, place: 'header', into: 'authorization', before: 'Bearer ', value }
  }
  const into = (scheme.name ?? '').toLowerCase()
  if (into === 'authorization')
    return { name, label: 'Public key', place: 'header', into, before: 'PublicToken ', value }
  return {
    name,
    label: scheme.name ?? name,
    place: scheme.in === 'query' ? 'query' : 'header',
    into,
    before: '',
    value,
  }
}

/** What is known of the project that this server has made for itself, under the names of the documents. */
function suggest(name: string, project: PlaygroundProject | null): string {
  if (name === 'WalletKitProject') return project?.walletkit?.projectId ?? ''
  return name === 'MoonKeySecretKey' ? (project?.moonkey?.secretKey ?? '') : ''
}

/** The same for a parameter of the path; null: nothing is known. */
export function suggestParameter(name: string, project: PlaygroundProject | null): string | null {
  if (name === 'project_id') return project?.walletkit?.projectId ?? null
  return name === 'app_id' ? (project?.moonkey?.appId ?? null) : null
}

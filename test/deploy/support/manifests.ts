import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'

export const KUBERNETES = fileURLToPath(new URL('../../../deploy/kubernetes', import.meta.url))

export interface Manifest {
  /** The file, for messages. */
  readonly place: string
  readonly value: Readonly<Record<string, unknown>>
  /** Is it laid over another one? */
  readonly isPatch: boolean
}

const Kustomization = z.object({ patches: z.array(z.object({ path: z.string() })).default([]) })

/** Every manifest of these YAML documents. @throws when one is no YAML object */
export function parseManifests(place: string, text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors
    if (error !== undefined) throw new Error(`${place}: ${error.message}`)
    const value: unknown = document.toJS()
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${place}: no object`)
    return { place, value: value as Record<string, unknown>, isPatch: false }
  })
}

/** Every manifest below a folder of `deploy/kubernetes`. */
export function readManifests(folder = '.'): readonly Manifest[] {
  const entries = readdirSync(join(KUBERNETES, folder), { withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .flatMap(({ name }) => parseManifests(join(folder, name), readFileSync(join(KUBERNETES, folder, name), 'utf8')))
  const kustomization = files.find(({ place }) => place.endsWith('kustomization.yaml'))
  const { patches } = Kustomization.parse(kustomization?.value ?? {})
  const patchPlaces = patches.map(({ path }) => join(folder, path))
  return [
    ...files.map((file) => ({ ...file, isPatch: patchPlaces.includes(file.place) })),
    ...entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => readManifests(join(folder, name))),
  ]
}

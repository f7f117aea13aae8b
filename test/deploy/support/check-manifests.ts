import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { z } from 'zod'
import type { Manifest } from './manifests.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  lib: ['lib.es5.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
}

/**
 * What is wrong with these manifests; nothing when all is well. `kubernetes-types` is made from Kubernetes' own OpenAPI document; an object
 * literal of one of its types may have no field that the API does not know, must have those it requires, and each of its kind of value.
 */
export function checkManifests(manifests: readonly Manifest[]): readonly string[] {
  const custom = manifests.filter(({ value }) => kindOf(value) in CUSTOM)
  const native = manifests.filter(({ value }) => !(kindOf(value) in CUSTOM))
  return [...custom.flatMap(checkCustom), ...checkNative(native)]
}

/** Parsed once: they are large. */
const libraries = new Map<string, ts.SourceFile | undefined>()

function checkNative(manifests: readonly Manifest[]): readonly string[] {
  const sources = new Map(manifests.map((manifest, index) => [join(ROOT, `manifest-${index}.ts`), manifest]))
  const host = ts.createCompilerHost(OPTIONS)
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => sources.has(name) || fileExists(name)
  host.getSourceFile = (name, ...rest) => {
    const manifest = sources.get(name)
    if (manifest === undefined) {
      if (!libraries.has(name)) libraries.set(name, getSourceFile(name, ...rest))
      return libraries.get(name)
    }
    return ts.createSourceFile(name, typedLiteral(manifest), ts.ScriptTarget.ES2022)
  }
  return ts.getPreEmitDiagnostics(ts.createProgram([...sources.keys()], OPTIONS, host)).map((diagnostic) => {
    const { file, start = 0, messageText } = diagnostic
    const message = ts.flattenDiagnosticMessageText(messageText, ' ')
    if (file === undefined) return message
    const { line } = file.getLineAndCharacterOfPosition(start)
    return `${sources.get(file.fileName)?.place}: ${file.text.split('\n')[line]?.trim()}: ${message}`
  })
}

/** The manifest as a constant of the type it says it is of; of a patch nothing is required. */
function typedLiteral({ value, isPatch }: Manifest): string {
  const { apiVersion, kind } = TypeMeta.parse(value)
  const [version = '', group = 'core'] = apiVersion.split('/').reverse()
  const module = `kubernetes-types/${group.replace(/\..*$/, '')}/${version}`
  return [
    `import type { ${kind} as Whole } from '${module}'`,
    'type Part<T> = T extends Array<infer Item> ? Array<Part<Item>> : T extends object ? { [Key in keyof T]?: Part<T[Key]> } : T',
    `type Kind = ${isPatch ? 'Part<Whole>' : 'Whole'}`,
    `export const manifest: Kind & Required<Pick<Kind, 'apiVersion' | 'kind' | 'metadata'>> = ${JSON.stringify(value, null, 1)}`,
  ].join('\n')
}

const TypeMeta = z.object({
  apiVersion: z.string().regex(/^[\w./-]+$/),
  kind: z.string().regex(/^\w+$/),
})
const kindOf = (value: unknown) => {
  const { apiVersion, kind } = TypeMeta.parse(value)
  return `${apiVersion} ${kind}`
}

function checkCustom({ place, value }: Manifest): readonly string[] {
  const { error } = CUSTOM[kindOf(value)]?.safeParse(value) ?? {}
  return error === undefined ? [] : [`${place}: ${z.prettifyError(error)}`]
}

const meta = { apiVersion: z.string(), kind: z.string() }
const Metadata = z.strictObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()),
})
const paths = z.array(z.string()).min(1)
const generators = z.array(z.strictObject({ name: z.string(), envs: paths })).min(1)
const kustomization = {
  ...meta,
  resources: paths.optional(),
  labels: z.array(z.strictObject({ pairs: z.record(z.string(), z.string()) })).optional(),
  patches: z.array(z.strictObject({ path: z.string() })).optional(),
}

/** Kinds that are not Kubernetes' own, as far as we use them: fields as their authors document them. */
const CUSTOM: Readonly<Record<string, z.ZodType>> = {
  'kustomize.config.k8s.io/v1alpha1 Component': z.strictObject(kustomization),
  'kustomize.config.k8s.io/v1beta1 Kustomization': z.strictObject({
    ...kustomization,
    namespace: z.string().optional(),
    components: paths.optional(),
    images: z
      .array(z.strictObject({ name: z.string(), newName: z.string(), newTag: z.string() }))
      .min(1)
      .optional(),
    configMapGenerator: generators.optional(),
    secretGenerator: generators.optional(),
  }),
  'monitoring.coreos.com/v1 PodMonitor': z.strictObject({
    ...meta,
    metadata: Metadata,
    spec: z.strictObject({
      selector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
      podMetricsEndpoints: z.array(
        z.strictObject({ port: z.string(), path: z.string(), interval: z.string().regex(/^\d+s$/) }),
      ),
    }),
  }),
  'external-secrets.io/v1 ExternalSecret': z.strictObject({
    ...meta,
    metadata: Metadata,
    spec: z.strictObject({
      refreshInterval: z.string(),
      secretStoreRef: z.strictObject({ kind: z.string(), name: z.string() }),
      target: z.strictObject({ name: z.string() }),
      dataFrom: z.array(z.strictObject({ extract: z.strictObject({ key: z.string() }) })).optional(),
      data: z
        .array(
          z.strictObject({
            secretKey: z.string(),
            remoteRef: z.strictObject({ key: z.string(), property: z.string() }),
          }),
        )
        .optional(),
    }),
  }),
}

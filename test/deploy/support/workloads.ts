import { z } from 'zod'
import { KUBERNETES, type Manifest, readManifests } from './manifests.ts'

const Port = z.union([z.string(), z.number()])
const Probe = z.looseObject({
  periodSeconds: z.number(),
  failureThreshold: z.number(),
  httpGet: z.object({ path: z.string(), port: Port }).optional(),
})
const Ref = z.object({ name: z.string() })
const Container = z.looseObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()).default([]),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  envFrom: z.array(z.object({ configMapRef: Ref.optional(), secretRef: Ref.optional() })).default([]),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z.object({ secretKeyRef: Ref.extend({ key: z.string() }) }).optional(),
      }),
    )
    .default([]),
  startupProbe: Probe,
  readinessProbe: Probe,
  livenessProbe: z.looseObject({ httpGet: z.unknown().optional() }),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
})
const Labels = z.record(z.string(), z.string())

/** What a Deployment and a StatefulSet say about their pods, as far as tests ask. */
export const Workload = z.looseObject({
  kind: z.enum(['Deployment', 'StatefulSet']),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    replicas: z.number().optional(),
    strategy: z
      .object({ type: z.string(), rollingUpdate: z.object({ maxSurge: z.number(), maxUnavailable: z.number() }) })
      .optional(),
    selector: z.object({ matchLabels: Labels }),
    template: z.object({
      metadata: z.object({ labels: Labels }),
      spec: z.looseObject({
        terminationGracePeriodSeconds: z.number(),
        containers: z.tuple([Container]),
        volumes: z.array(z.looseObject({ name: z.string() })).default([]),
      }),
    }),
  }),
})
export type Workload = z.infer<typeof Workload>

/** The Deployment of the base, and how many replicas its autoscaler begins with. */
export function readDeployment(): Workload & { readonly minReplicas: number } {
  const base = readManifests('base').map(({ value }) => value)
  const find = (kind: string): Manifest['value'] => {
    const found = base.find((value) => value['kind'] === kind)
    if (found === undefined) throw new Error(`no ${kind} in ${KUBERNETES}/base`)
    return found
  }
  const { minReplicas } = z.object({ minReplicas: z.number() }).parse(find('HorizontalPodAutoscaler')['spec'])
  return { ...Workload.parse(find('Deployment')), minReplicas }
}

/** The environment of a workload's container, as Kubernetes puts it together from these manifests. */
export function environmentOf(workload: Workload, manifests: readonly Manifest[]): Readonly<Record<string, string>> {
  const [container] = workload.spec.template.spec.containers
  const env: Record<string, string> = {}
  for (const { configMapRef, secretRef } of container.envFrom) {
    if (configMapRef !== undefined) Object.assign(env, dataOf('ConfigMap', configMapRef.name, manifests))
    if (secretRef !== undefined) Object.assign(env, dataOf('Secret', secretRef.name, manifests))
  }
  for (const { name, value, valueFrom } of container.env) {
    const given =
      valueFrom === undefined
        ? value
        : dataOf('Secret', valueFrom.secretKeyRef.name, manifests)[valueFrom.secretKeyRef.key]
    if (given === undefined) throw new Error(`${name} has no value`)
    env[name] = expand(given, env)
  }
  return env
}

/** `$(NAME)` in values and arguments. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\((\w+)\)/g, (whole, name: string) => env[name] ?? whole)
}

function dataOf(kind: 'ConfigMap' | 'Secret', name: string, manifests: readonly Manifest[]): Record<string, string> {
  const found = manifests.find(({ value }) => {
    const metadata = Ref.safeParse(value['metadata'])
    return value['kind'] === kind && metadata.data?.name === name
  })
  if (found === undefined) throw new Error(`no ${kind} ${name}`)
  const data = Labels.parse(found.value['data'])
  if (kind === 'ConfigMap') return data
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]))
}

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { STOP_LIMIT_MS } from '../../src/stop-limits.ts'
import { signIn, statusOf } from '../e2e/support/client.ts'
import { useProgram } from '../e2e/support/fixture.ts'
import { loadWith, PINNED_PROJECT } from '../src/config/load-with.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { checkManifests } from './support/check-manifests.ts'
import { copyOverlays, findKubectl, type Overlay } from './support/kustomize.ts'
import { KUBERNETES, type Manifest, readManifests } from './support/manifests.ts'
import { environmentOf, expand, readDeployment, Workload } from './support/workloads.ts'

/** What `Dockerfile` sets. */
const IMAGE_ENV = { NODE_ENV: 'production', HOST: '0.0.0.0', PORT: '8787' }

const kubectl = findKubectl()

describe('deploy/kubernetes', () => {
  const all = readManifests()
  const deployment = readDeployment()
  const [container] = deployment.spec.template.spec.containers

  it('every file obeys the API: no field that it does not know, none missing, each of its kind', () => {
    expect(all.length).toBeGreaterThan(15)
    expect(checkManifests(all)).toEqual([])
  })

  describe('a fault is found', () => {
    const find = (place: string) => all.find((manifest) => manifest.place === place) as Manifest
    const change = (place: string, was: string, is: string): Manifest => {
      const { value, ...rest } = find(place)
      const text = JSON.stringify(value)
      expect(text).toContain(was)
      return { ...rest, value: JSON.parse(text.replace(was, is)) }
    }
    it.each([
      [
        'a misspelt field',
        'base/deployment.yaml',
        '"readinessProbe"',
        '"readynessProbe"',
        /readynessProbe.*does not exist/,
      ],
      [
        'a field in the wrong place',
        'base/deployment.yaml',
        '"runAsNonRoot":true',
        '"readOnlyRootFilesystem":true',
        /does not exist in type 'PodSecurityContext'/,
      ],
      [
        'a number for a text',
        'base/deployment.yaml',
        '"value":"5"',
        '"value":5',
        /'number' is not assignable to type 'string'/,
      ],
      [
        'a text for a number',
        'base/service.yaml',
        '"port":80',
        '"port":"80"',
        /'string' is not assignable to type 'number'/,
      ],
      ['a required field left out', 'base/network-policy.yaml', '"podSelector"', '"podSelectors"', /podSelectors/],
      [
        'a required field left out of the whole',
        'base/deployment.yaml',
        '"selector":{"matchLabels":{"app.kubernetes.io/name":"walletgate"}},"template"',
        '"template"',
        /'selector' is missing/,
      ],
      ['a version that is gone', 'base/pod-disruption-budget.yaml', 'policy/v1', 'policy/v1beta1', /kubernetes-types/],
      ['a kind that is none', 'base/service.yaml', '"Service"', '"Servise"', /Servise/],
      ['a misspelt field of a patch', 'components/redis/redis-url.yaml', '"valueFrom"', '"valuesFrom"', /valuesFrom/],
      ['a misspelt field of a kustomization', 'overlays/example/kustomization.yaml', '"newTag"', '"tag"', /tag/],
      [
        'a misspelt field of a custom kind',
        'components/pod-monitor/pod-monitor.yaml',
        '"interval"',
        '"intervall"',
        /intervall/,
      ],
    ])('%s', (_, place, was, is, says) => {
      expect(checkManifests([find(place)])).toEqual([])
      const [fault = '', ...others] = checkManifests([change(place, was, is)])
      expect([fault.startsWith(place), others.length <= 1]).toEqual([true, true])
      expect(fault).toMatch(says)
    })
  })

  it('asks the routes there are', () => {
    const probes = [container.startupProbe, container.readinessProbe, container.livenessProbe]
    const asked = probes.map(
      ({ httpGet }) => z.object({ path: z.string(), port: z.literal('http') }).parse(httpGet).path,
    )
    expect(asked).toEqual(['/healthz', '/readyz', '/healthz'])
  })

  it('gives a replica that is told to go the time it may take', () => {
    const delay = Number(container.env.find(({ name }) => name === 'DRAIN_DELAY_SECS')?.value)
    const { terminationGracePeriodSeconds } = deployment.spec.template.spec
    expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(delay + STOP_LIMIT_MS / 1000)
  })

  it('its Redis is started as the one of compose.yaml, which is tried there', () => {
    const { value } = all.find(({ value }) => value['kind'] === 'StatefulSet') as Manifest
    const [{ args }] = Workload.parse(value).spec.template.spec.containers
    const compose = z
      .object({ services: z.object({ redis: z.object({ command: z.array(z.string()), image: z.string() }) }) })
      .parse(parse(readFileSync(new URL('../../compose.yaml', import.meta.url), 'utf8'))).services.redis
    const filledIn = compose.command.map((text) => text.replace(/\$\{REDIS_PASSWORD[^}]*\}/, 'secret'))
    expect(['redis-server', ...args.map((text) => expand(text, { REDISCLI_AUTH: 'secret' }))]).toEqual([
      'redis-server',
      ...['--dir', '/data'],
      ...filledIn.slice(1),
    ])
    expect(JSON.stringify(value)).toContain(JSON.stringify(compose.image))
  })

  it('keeps what is secret out of files', () => {
    const example = join(KUBERNETES, 'overlays/example')
    const ignored = readFileSync(join(example, '.gitignore'), 'utf8').split('\n')
    for (const name of ['secrets.env', 'redis.env']) {
      expect(ignored).toContain(name)
      const values = readFileSync(join(example, `${name}.example`), 'utf8').matchAll(/^\w+=(.*)$/gm)
      expect([...values].map(([, value]) => value).join('')).toBe('')
    }
    expect(all.filter(({ value }) => value['kind'] === 'Secret')).toEqual([])
  })

  describe.skipIf(kubectl === null)('rendered by kubectl', () => {
    const { run } = useProgram()
    const password = randomBytes(24).toString('hex')
    let overlay: Overlay
    beforeAll(() => {
      overlay = copyOverlays(kubectl ?? '')
      const secrets = {
        WALLETGATE_SECRET: randomBytes(32).toString('hex'),
        AUTH_JWT_SECRET: randomBytes(32).toString('hex'),
        PROJECT_SECRET_KEY: `sk_live_${randomBytes(24).toString('hex')}`,
      }
      const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`)
      overlay.write('overlays/example/secrets.env', lines.join(''))
      overlay.write('overlays/example/redis.env', `password=${password}\n`)
    })
    afterAll(() => overlay?.remove())

    const workloads = (rendered: readonly Manifest[]) =>
      rendered.flatMap(({ value }) => {
        const { data } = Workload.safeParse(value)
        return data === undefined ? [] : [data]
      })
    const gatewayOf = (rendered: readonly Manifest[]) => {
      const gateway = workloads(rendered).find(({ kind }) => kind === 'Deployment')
      if (gateway === undefined) throw new Error('no Deployment')
      return gateway
    }

    it('the example obeys the API, and nothing in it points nowhere', () => {
      const rendered = overlay.render('overlays/example')
      expect(checkManifests(rendered)).toEqual([])
      expect(rendered.map(({ value }) => value['kind']).sort()).toEqual([
        ...[
          'ConfigMap',
          'Deployment',
          'HorizontalPodAutoscaler',
          'Ingress',
          'Namespace',
          'NetworkPolicy',
          'NetworkPolicy',
        ],
        ...[
          'PodDisruptionBudget',
          'Secret',
          'Secret',
          'Service',
          'Service',
          'ServiceAccount',
          'ServiceAccount',
          'StatefulSet',
        ],
      ])
      expect(danglingOf(rendered)).toEqual([])
      expect(gatewayOf(rendered).spec.template.spec.containers[0].image).toBe('registry.example.com/walletgate:0.1.0')
    })

    it('every pod obeys the restricted Pod Security Standard, and may write nothing but its volume', () => {
      const pods = workloads(overlay.render('overlays/example'))
      expect(pods).toHaveLength(2)
      for (const { spec } of pods) expect(RestrictedPod.safeParse(spec.template.spec).error).toBeUndefined()
      const spec = structuredClone(pods[0]?.spec.template.spec)
      for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) {
        expect(RestrictedPod.safeParse({ ...spec, [key]: true }).success).toBe(false)
      }
    })

    it('its settings are accepted, and warn of nothing but what an example cannot have', () => {
      const rendered = overlay.render('overlays/example')
      const env = environmentOf(gatewayOf(rendered), rendered)
      const settings = loadWith({ ...IMAGE_ENV, ...env })
      expect(settings.warnings.map((warning) => warning.replace(/:.*/, ''))).toEqual([
        'SMTP_URL is not set',
        'PROJECT_PUBLIC_KEY is not set',
      ])
      expect(settings.server).toMatchObject({ metricsPort: 9464, host: '0.0.0.0', port: 8787 })
      expect(settings.store).toMatchObject({
        connection: { node: { host: 'walletgate-redis', port: 6379 }, access: { username: 'walletgate', password } },
      })
    })

    it('the server starts and serves a sign-in with them', async () => {
      const rendered = overlay.render('overlays/example')
      const env = environmentOf(gatewayOf(rendered), rendered)
      const elsewhere = {
        HOST: '127.0.0.1',
        PORT: '0',
        METRICS_PORT: '0',
        DRAIN_DELAY_SECS: '0',
        REDIS_URL: inject('redisUrl'),
      }
      const project = { PROJECT_ID: `e2e-${randomBytes(8).toString('hex')}` }
      const port = await run({ ...IMAGE_ENV, ...env, ...elsewhere, ...project }).port()
      expect(await statusOf(port, '/readyz')).toBe(200)
      await signIn(port, newEthereumWallet())
    })

    it('the other components fit: projects from a file, metrics, secrets from a vault', () => {
      const text = readFileSync(join(overlay.folder, 'overlays/example/kustomization.yaml'), 'utf8')
      overlay.write(
        'overlays/example/kustomization.yaml',
        text.replace(/^ {2}# - /gm, '  - ').replace(/^secretGenerator:\n(?: .*\n)*/m, ''),
      )
      overlay.write('overlays/example/settings.env', 'PUBLIC_URL=https://auth.example.com\n')
      const rendered = overlay.render('overlays/example')
      expect(checkManifests(rendered)).toEqual([])
      expect(rendered.map(({ value }) => value['kind'])).toEqual(
        expect.arrayContaining(['PodMonitor', 'ExternalSecret']),
      )
      expect(danglingOf(rendered)).toEqual(['Secret walletgate-projects'])
      const gateway = gatewayOf(rendered)
      for (const { spec } of workloads(rendered))
        expect(RestrictedPod.safeParse(spec.template.spec).error).toBeUndefined()

      const made = (name: string, data: Record<string, string>): Manifest => ({
        place: 'the vault',
        isPatch: false,
        value: {
          kind: 'Secret',
          metadata: { name },
          data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)])),
        },
      })
      const secrets = [
        made('walletgate-secrets', { WALLETGATE_SECRET: randomBytes(32).toString('hex') }),
        made('walletgate-redis', { password }),
      ]
      const env = environmentOf(gateway, [...rendered, ...secrets])
      const [{ volumeMounts }] = gateway.spec.template.spec.containers
      expect(env['WALLETGATE_CONFIG']).toBe(`${volumeMounts[0]?.mountPath}/projects.json`)
      expect(loadWith({ ...IMAGE_ENV, ...env }, { projects: [PINNED_PROJECT] }).projects).toHaveLength(1)
    })
  })
})

const Meta = z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) })
const Service = z.object({
  kind: z.literal('Service'),
  spec: z.object({
    selector: z.record(z.string(), z.string()),
    ports: z.array(z.object({ name: z.string(), targetPort: z.string() })),
  }),
})
const Selecting = z.object({
  spec: z.object({ selector: z.object({ matchLabels: z.record(z.string(), z.string()) }) }),
})
const Policy = z.object({
  kind: z.literal('NetworkPolicy'),
  spec: z.object({
    podSelector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    ingress: z.array(z.object({ ports: z.array(z.object({ port: z.string() })) })),
  }),
})

/** What the manifests name and none of them is. */
function danglingOf(manifests: readonly Manifest[]): readonly string[] {
  const known = new Set(manifests.map(({ value }) => `${Meta.parse(value).kind} ${Meta.parse(value).metadata.name}`))
  // An ExternalSecret makes the Secret of its name.
  for (const name of [...known]) known.add(name.replace(/^ExternalSecret /, 'Secret '))
  const wanted: string[] = []
  const pods = manifests.flatMap(({ value }) => Workload.safeParse(value).data?.spec.template ?? [])
  const podsOf = (labels: Readonly<Record<string, string>>) =>
    pods.filter(({ metadata }) => Object.entries(labels).every(([name, value]) => metadata.labels[name] === value))
  const wantPort = (labels: Readonly<Record<string, string>>, port: string) => {
    const found = podsOf(labels).some(({ spec }) => spec.containers[0].ports.some(({ name }) => name === port))
    if (!found) wanted.push(`port ${port} of ${JSON.stringify(labels)}`)
  }
  for (const { value } of manifests) {
    const text = JSON.stringify(value)
    for (const [pattern, kind] of [
      [/"(?:secretRef|secretKeyRef)":\{[^}]*?"name":"([^"]+)"/g, 'Secret'],
      [/"secret":\{[^}]*?"secretName":"([^"]+)"/g, 'Secret'],
      [/"configMapRef":\{"name":"([^"]+)"/g, 'ConfigMap'],
      [/"serviceAccountName":"([^"]+)"/g, 'ServiceAccount'],
      [/"service":\{"name":"([^"]+)"/g, 'Service'],
      [/"serviceName":"([^"]+)"/g, 'Service'],
      [/"scaleTargetRef":\{[^}]*"name":"([^"]+)"/g, 'Deployment'],
    ] as const) {
      for (const [, name] of text.matchAll(pattern)) wanted.push(`${kind} ${name}`)
    }
    const service = Service.safeParse(value).data?.spec
    for (const { targetPort } of service?.ports ?? []) wantPort(service?.selector ?? {}, targetPort)
    const policy = Policy.safeParse(value).data?.spec
    for (const { ports } of policy?.ingress ?? []) {
      for (const { port } of ports) wantPort(policy?.podSelector.matchLabels ?? {}, port)
    }
    const selected = Selecting.safeParse(value).data?.spec.selector.matchLabels
    if (selected !== undefined && podsOf(selected).length !== 1) wanted.push(`pods of ${JSON.stringify(selected)}`)
  }
  return [...new Set(wanted.filter((name) => !known.has(name)))]
}

/** The Pod Security Standard `restricted`, and what we ask besides. */
const RestrictedPod = z.looseObject({
  automountServiceAccountToken: z.literal(false),
  enableServiceLinks: z.literal(false),
  hostNetwork: z.undefined().optional(),
  hostPID: z.undefined().optional(),
  hostIPC: z.undefined().optional(),
  volumes: z.array(z.strictObject({ name: z.string(), secret: z.unknown() })).optional(),
  securityContext: z.looseObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.number().min(1),
    seccompProfile: z.object({ type: z.literal('RuntimeDefault') }),
  }),
  containers: z.array(
    z.looseObject({
      securityContext: z.strictObject({
        allowPrivilegeEscalation: z.literal(false),
        readOnlyRootFilesystem: z.literal(true),
        capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
      }),
      resources: z.object({
        requests: z.object({ cpu: z.string(), memory: z.string() }),
        limits: z.object({ memory: z.string() }),
      }),
    }),
  ),
})

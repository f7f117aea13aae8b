import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { parse } from 'yaml'
import { envNamesOf } from '../../src/config/env-names.ts'
import { STOP_LIMIT_MS } from '../../src/stop-limits.ts'
import { checkManifests } from '../deploy/support/check-manifests.ts'
import { findKubectl } from '../deploy/support/kustomize.ts'
import { parseManifests } from '../deploy/support/manifests.ts'
import { readDeployment } from '../deploy/support/workloads.ts'
import { statusOf } from '../e2e/support/client.ts'
import { useProgram } from '../e2e/support/fixture.ts'
import { faultLines, loadWith, PINNED_PROJECT, WITH_FILE } from '../src/config/load-with.ts'
import { readGuide } from '../support/guide.ts'
import { freePort } from '../support/redis-server.ts'
import { type Env, useShell } from '../support/shell.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const guide = readGuide('deploying')
const DOCKERFILE = read('Dockerfile')

const kubectl = findKubectl()
const realKubectl =
  kubectl === null ? 'true' : execFileSync('sh', ['-c', 'command -v "$0"', kubectl], { encoding: 'utf8' }).trim()

/**
 * Docker and a cluster are not to be had here. What the guide says to them is written down and compared with the files it is about; what runs
 * inside a container, and what kubectl does without a cluster, is done.
 */
const STAND_INS = {
  docker: `
printf '%s\\n' "docker $*" >> "$SAID"
case "$*" in "compose exec gateway /usr/local/bin/node dist/walletgate.js "*) shift 5; exec walletgate "$@" ;; esac`,
  kubectl: `
printf '%s\\n' "kubectl $*" >> "$SAID"
case "$*" in
  "kustomize ."|"apply -k "*) for folder in "$@"; do :; done; exec ${realKubectl} kustomize "$folder" ;;
  *" exec deployment/walletgate -- /usr/local/bin/node dist/walletgate.js "*) shift 7; exec walletgate "$@" ;;
esac`,
}

const NOWHERE = { KUBECONFIG: '/dev/null', DOCKER_HOST: 'unix:///nonexistent' }

describe('docs/guides/deploying.md', () => {
  const shell = useShell()
  const program = useProgram()
  beforeAll(async () => {
    for (const path of ['Dockerfile', 'compose.yaml', 'deploy'])
      cpSync(join(ROOT, path), join(shell.folder, path), { recursive: true })
    for (const [name, lines] of Object.entries(STAND_INS)) {
      const path = join(shell.folder, `${name}.sh`)
      writeFileSync(path, `#!/bin/sh${lines}\n`, { mode: 0o755 })
      await shell.provide(name, path)
      // Never the real ones: there may be a cluster behind them.
      expect((await shell.run(`command -v ${name}`, NOWHERE)).stdout.trim()).toBe(join(shell.folder, 'bin', name))
    }
  })
  const forget = () => writeFileSync(join(shell.folder, 'said'), '')
  beforeEach(forget)
  afterEach(forget)
  const said = () => readFileSync(join(shell.folder, 'said'), 'utf8').trim().split('\n')

  async function follow(block: string, env: Env = {}) {
    const result = await shell.run(block, { SAID: join(shell.folder, 'said'), ...NOWHERE, ...env })
    if (result.code !== 0) throw new Error(`${block}\nended with ${result.code}: ${result.stdout}${result.stderr}`)
    return result
  }
  const blocksOf = (section: string) => guide.commands.get(section) ?? []
  const valuesOf = (path: string): Record<string, string> =>
    Object.fromEntries(
      readFileSync(join(shell.folder, path), 'utf8')
        .split('\n')
        .filter((line) => /^\w+=/.test(line))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )

  it('has no commands but those that are followed here', () => {
    const counts = [...guide.commands].map(([title, blocks]) => [title, blocks.length])
    expect(counts).toEqual([
      ['The image', 3],
      ['One machine', 2],
      ['Kubernetes', 3],
    ])
    expect(guide.blocks).toHaveLength(8)
  })

  it('The image: what it builds and runs is what Dockerfile describes', async () => {
    const [build = '', run = '', pinned = ''] = blocksOf('The image')
    await follow(build + run + pinned, { NODE_DIGEST: 'sha256:1', RUNTIME_DIGEST: 'sha256:2' })
    const [first, second = '', third = ''] = said()
    expect(first).toBe('docker build --tag walletgate .')
    // The options are those that test/image runs it with.
    const check = read('test/image/image.check.ts')
    for (const option of ['--read-only', '--cap-drop ALL', '--security-opt no-new-privileges']) {
      expect(second).toContain(` ${option} `)
      for (const word of option.split(' ')) expect(check).toContain(`'${word}'`)
    }
    expect(second).toMatch(/ --publish 127\.0\.0\.1:8787:8787 --env STORE=memory walletgate$/)
    expect(DOCKERFILE).toContain('\nEXPOSE 8787\n')
    for (const [, name, image] of third.matchAll(/--build-arg (\w+)=(\S+)@sha256:\d/g)) {
      expect(DOCKERFILE).toContain(`\nARG ${name}=${image}\n`)
    }
    expect(third.match(/--build-arg/g)).toHaveLength(2)
  })

  it('One machine: the file of secrets is all that compose.yaml asks for, and the server starts with it', async () => {
    const [secrets = '', up = ''] = blocksOf('One machine')
    await follow(secrets)
    const values = valuesOf('.env')
    const wanted = [...read('compose.yaml').matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name)
    expect(Object.keys(values)).toEqual(expect.arrayContaining([...new Set(wanted)]))

    const port = String(await freePort())
    const { REDIS_PASSWORD: _, ...settings } = values
    const env = { ...settings, PROJECT_ID: `e2e-${port}-${process.pid}`, REDIS_URL: inject('redisUrl'), PORT: port }
    await program.run(env).port()
    const { stdout } = await follow(up.replace('localhost:8787', `127.0.0.1:${port}`), env)
    expect(stdout).toContain('"status":"ready"')
    expect(stdout).toContain('RS256')
    expect(said()[0]).toBe('docker compose up --detach --wait')
    expect(Object.keys((parse(read('compose.yaml')) as { services: object }).services)).toContain('gateway')
  })

  it('Kubernetes: the copied overlay is whole, and the server starts with its secrets', async () => {
    const [copy = '', apply = ''] = blocksOf('Kubernetes')
    const { stdout } = await follow(copy)
    const overlay = 'deploy/kubernetes/overlays/production'
    const secrets = valuesOf(`${overlay}/secrets.env`)
    const examples = [...read('deploy/kubernetes/overlays/example/secrets.env.example').matchAll(/^(\w+)=/gm)]
    expect(Object.keys(secrets).sort()).toEqual(examples.map(([, name]) => name).sort())
    expect(Object.keys(valuesOf(`${overlay}/redis.env`))).toEqual(['password'])
    if (kubectl !== null) {
      const rendered = parseManifests('the rendered overlay', stdout)
      expect(rendered.length).toBeGreaterThan(10)
      expect(checkManifests(rendered)).toEqual([])
    }
    // Neither file may be committed by those who copy.
    const git = (...args: string[]) => execFileSync('git', args, { cwd: shell.folder, encoding: 'utf8' })
    git('init', '--quiet')
    expect(git('status', '--porcelain', '--untracked-files=all', overlay)).not.toMatch(/(?:secrets|redis)\.env$/m)

    const settings = { ...valuesOf(`${overlay}/settings.env`), ...secrets }
    const port = String(await freePort())
    const env = { ...settings, PROJECT_ID: `e2e-${port}-${process.pid}`, REDIS_URL: inject('redisUrl'), PORT: port }
    // As the command that waits for the rollout would.
    expect(await statusOf(await program.run(env).port(), '/readyz')).toBe(200)
    forget()
    const applied = await follow(apply, env)
    expect(applied.stdout).toContain('RS256')
    const { metadata, minReplicas } = readDeployment()
    expect(said()).toEqual([
      `kubectl apply -k ${overlay}`,
      `kubectl --namespace walletgate rollout status deployment/${metadata.name}`,
      `kubectl --namespace walletgate exec deployment/${metadata.name} -- /usr/local/bin/node dist/walletgate.js keys list`,
    ])
    expect(minReplicas).toBe(2)
    expect(parse(read('deploy/kubernetes/overlays/example/kustomization.yaml'))).toMatchObject({
      namespace: 'walletgate',
    })
  })

  it('Kubernetes: several projects from a Secret, without the settings of the one', async () => {
    const [, , make = ''] = blocksOf('Kubernetes')
    await follow(make)
    const patch = read('deploy/kubernetes/components/projects-file/projects-file.yaml')
    const [, name = ''] = /secretName: (\S+)/.exec(patch) ?? []
    const [, path = ''] = /value: \/etc\/walletgate\/(\S+)/.exec(patch) ?? []
    expect(said()).toEqual([`kubectl --namespace walletgate create secret generic ${name} --from-file=${path}`])

    const overlay = 'deploy/kubernetes/overlays/example'
    const settings = {
      ...parseEnv(read(`${overlay}/settings.env`)),
      ...parseEnv(read(`${overlay}/secrets.env.example`)),
    }
    const removed = guide.text.slice(guide.text.indexOf('take the settings of the one project out'))
    const isRemoved = (each: string) => removed.includes(`\`${each}\``) || each.startsWith('AUTH_')
    expect(envNamesOf('project').filter((each) => !isRemoved(each))).toEqual([])
    const left = Object.entries(settings).filter(([each]) => !isRemoved(each))
    expect(Object.fromEntries(left)).toMatchObject({ PUBLIC_URL: expect.any(String), WALLETGATE_SECRET: '' })
    const env = { ...Object.fromEntries(left), WALLETGATE_SECRET: 'a1'.repeat(32), REDIS_URL: 'redis://localhost' }
    expect(loadWith({ ...env, ...WITH_FILE }, { projects: [PINNED_PROJECT] }).projects).toHaveLength(1)
    expect(faultLines({ ...settings, ...env, ...WITH_FILE }, { projects: [PINNED_PROJECT] }).length).toBeGreaterThan(1)
  })

  it('says of the numbers what the files say', () => {
    const { spec } = readDeployment()
    const { containers, terminationGracePeriodSeconds } = spec.template.spec
    const [{ env, readinessProbe }] = containers
    const delay = env.find(({ name }) => name === 'DRAIN_DELAY_SECS')?.value
    expect(guide.text).toContain(`\`DRAIN_DELAY_SECS\` ${delay}, ${terminationGracePeriodSeconds} seconds of grace`)
    expect(guide.text).toContain(`needs ${STOP_LIMIT_MS / 1000} seconds more than the delay`)
    expect(readinessProbe.failureThreshold * readinessProbe.periodSeconds).toBe(10)
    for (const component of ['redis', 'projects-file', 'pod-monitor', 'external-secret']) {
      expect(guide.text).toContain(`| \`${component}\` |`)
      expect(() => read(`deploy/kubernetes/components/${component}/kustomization.yaml`)).not.toThrow()
    }
  })
})

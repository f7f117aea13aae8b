import { build } from 'esbuild'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { embedPageAssets } from '../../../scripts/page-assets.mjs'
import { signIn } from '../../e2e/support/client.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { startCollector } from './collector.ts'
import { startTraced, type TracedServer } from './traced-server.ts'

const { loads } = vi.hoisted(() => ({ loads: [] as string[] }))
vi.mock('@opentelemetry/sdk-trace', async (importOriginal) => {
  loads.push('sdk-trace')
  return importOriginal()
})

describe('without an endpoint', () => {
  let server: TracedServer | undefined
  afterEach(() => server?.stop())

  it.each([
    {},
    { OTEL_SERVICE_NAME: 'a', OTEL_TRACES_SAMPLER: 'always_on' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'True' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_EXPORTER: 'none' },
  ])('nothing of it is loaded, and no log line says anything of it: %j', async (env) => {
    server = await startTraced(env)
    await signIn(server.port, newEthereumWallet())
    expect(loads).toEqual([])
    expect(JSON.stringify(server.logs)).not.toContain('trace_id')
  })

  it('and with one it is', async () => {
    const collector = await startCollector()
    server = await startTraced({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
    expect(loads).toEqual(['sdk-trace'])
    await server.stop()
    await collector.stop()
  })
})

describe('the built program', () => {
  it('names the packages in one chunk, which is only ever imported when it is asked for', async () => {
    const { metafile } = await build({
      entryPoints: { walletgate: 'src/cli/main.ts' },
      outdir: 'never-written',
      write: false,
      metafile: true,
      bundle: true,
      splitting: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      plugins: [embedPageAssets],
    })
    const chunks = Object.entries(metafile.outputs).filter(([, { imports }]) =>
      imports.some(({ path }) => path.startsWith('@opentelemetry/')),
    )
    expect(chunks.map(([, { entryPoint }]) => entryPoint)).toEqual(['src/tracing/open-tracing.ts'])
    const importers = Object.values(metafile.outputs).flatMap(({ imports }) =>
      imports.filter(({ path }) => path === chunks[0]?.[0]),
    )
    expect(importers.map(({ kind }) => kind)).toEqual(['dynamic-import'])
  })
})

import { describe, expect, it } from 'vitest'
import { faultLines, loadWith, WITH_REDIS } from './load-with.ts'

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' }
const tracing = (env: Readonly<Record<string, string>>) => loadWith(env).tracing

describe('traces', () => {
  it('are off unless an endpoint is set, whatever else is', () => {
    expect(tracing({})).toBeNull()
    const others = {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_TRACES_SAMPLER: 'jaeger_remote',
      OTEL_EXPORTER_OTLP_HEADERS: 'not a pair',
      OTEL_RESOURCE_ATTRIBUTES: '%',
    }
    expect(tracing(others)).toBeNull()
    expect(tracing({ ...others, OTEL_EXPORTER_OTLP_ENDPOINT: ' ' })).toBeNull()
    expect(tracing({ ...others, ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' })).toBeNull()
    expect(tracing({ ...others, ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' })).toBeNull()
  })

  it('go below the common endpoint, or exactly where their own says', () => {
    const url = (env: Readonly<Record<string, string>>) => tracing(env)?.endpoint
    const common = (text: string) => url({ OTEL_EXPORTER_OTLP_ENDPOINT: text })
    expect(common('http://localhost:4318')).toBe('http://localhost:4318/v1/traces')
    expect(common('https://otlp.example/base/?key=a')).toBe('https://otlp.example/base/v1/traces?key=a')
    const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/in' }
    expect(url(own)).toBe('https://traces.example/in')
    expect(url({ ...ENDPOINT, ...own })).toBe('https://traces.example/in')
  })

  it('have the standard’s defaults', () => {
    expect(tracing(ENDPOINT)).toEqual({
      endpoint: 'http://localhost:4318/v1/traces',
      headers: {},
      serviceName: 'walletgate',
      resourceAttributes: {},
      sampler: { ratio: 1, followsParent: true },
      trustsProxies: false,
    })
    expect(tracing({ ...ENDPOINT, TRUST_TRACEPARENT: 'on' })?.trustsProxies).toBe(true)
  })

  it('take headers and attributes as pairs', () => {
    const env = {
      ...ENDPOINT,
      OTEL_EXPORTER_OTLP_HEADERS: ' authorization = Bearer%20a%2Cb== , x-a=1,',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-a=2',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=a,k8s.pod.name=p-1,note=K%C3%B6ln',
    }
    expect(tracing(env)).toMatchObject({
      headers: { authorization: 'Bearer a,b==', 'x-a': '2' },
      serviceName: 'a',
      resourceAttributes: { 'k8s.pod.name': 'p-1', note: 'Köln' },
    })
    expect(tracing({ ...env, OTEL_SERVICE_NAME: 'b' })?.serviceName).toBe('b')
  })

  it.each([
    ['always_on', undefined, { ratio: 1, followsParent: false }],
    ['always_off', '0.5', { ratio: 0, followsParent: false }],
    ['traceidratio', '0.25', { ratio: 0.25, followsParent: false }],
    ['traceidratio', undefined, { ratio: 1, followsParent: false }],
    ['parentbased_always_on', '0.5', { ratio: 1, followsParent: true }],
    ['parentbased_always_off', undefined, { ratio: 0, followsParent: true }],
    ['parentbased_traceidratio', '.001', { ratio: 0.001, followsParent: true }],
  ])('sampler %s with %s', (OTEL_TRACES_SAMPLER, ratio, expected) => {
    const env = { ...ENDPOINT, OTEL_TRACES_SAMPLER, ...(ratio === undefined ? {} : { OTEL_TRACES_SAMPLER_ARG: ratio }) }
    expect(tracing(env)?.sampler).toEqual(expected)
  })

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318', 'not an http or https URL'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://localhost:4317', 'not an http or https URL'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:secret@localhost', 'holds credentials'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://a/#b', 'has a fragment'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'is text of 4 characters, not the protocol that is spoken here'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/json', 'not the protocol'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=1,b', 'has a pair, number 2, that is not name=value'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a b=1', 'has a pair, number 1'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%0d%0ab:1', 'has a pair, number 1'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%zz', 'has a pair, number 1'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=1,=2', 'has a pair, number 2'],
    ['OTEL_TRACES_EXPORTER', 'console', 'not one of the known words'],
    ['OTEL_SDK_DISABLED', 'yes', 'not one of the known words'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote', 'not one of the known words'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5', 'not a number from 0 to 1'],
    ['TRUST_TRACEPARENT', 'true', 'not one of the known words'],
    ['OTEL_TRACES_SAMPLER_ARG', '1e-3', 'not a number from 0 to 1'],
  ])('%s=%s stops a start that traces', (name, value, problem) => {
    const lines = faultLines({ ...ENDPOINT, [name]: value })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(new RegExp(`^${name} `))
    expect(lines[0]).toContain(problem)
  })

  it('a protocol for other signals does not matter beside their own', () => {
    const env = {
      ...ENDPOINT,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    }
    expect(tracing(env)).not.toBeNull()
  })

  it('a name that is nearly right stops the start', () => {
    for (const [name, meant] of [
      ['OTEL_EXPORTER_OLTP_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
      ['OTEL_EXPORTER_OTLP_ENDPOINTS', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
      ['OTEL_EXPORTER_OTLP_TRACE_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
      ['OTEL_TRACE_SAMPLER', 'OTEL_TRACES_SAMPLER'],
      ['OTEL_SDK_DISABLE', 'OTEL_SDK_DISABLED'],
    ]) {
      expect(faultLines({ [String(name)]: 'x' })).toEqual([`${name} is not a setting`])
      expect(() => loadWith({ [String(name)]: 'x' })).toThrow(`Did you mean ${meant}?`)
    }
  })

  it('names of OpenTelemetry’s that are not read are left alone', () => {
    const others = [
      'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
      'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT',
      'OTEL_EXPORTER_OTLP_METRICS_HEADERS',
      'OTEL_EXPORTER_OTLP_LOGS_HEADERS',
      'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL',
      'OTEL_EXPORTER_OTLP_LOGS_PROTOCOL',
      'OTEL_EXPORTER_OTLP_TIMEOUT',
      'OTEL_EXPORTER_OTLP_COMPRESSION',
      'OTEL_EXPORTER_OTLP_CERTIFICATE',
      'OTEL_EXPORTER_OTLP_CLIENT_KEY',
      'OTEL_EXPORTER_OTLP_INSECURE',
      'OTEL_METRICS_EXPORTER',
      'OTEL_LOGS_EXPORTER',
      'OTEL_PROPAGATORS',
      'OTEL_LOG_LEVEL',
      'OTEL_BSP_SCHEDULE_DELAY',
      'OTEL_ATTRIBUTE_COUNT_LIMIT',
      'OTEL_SPAN_EVENT_COUNT_LIMIT',
      'OTEL_METRICS_EXEMPLAR_FILTER',
      'OTEL_NODE_RESOURCE_DETECTORS',
      'OTEL_CONFIG_FILE',
    ]
    expect(tracing({ ...ENDPOINT, ...Object.fromEntries(others.map((name) => [name, 'x'])) })).not.toBeNull()
  })

  it('are warned of where they would not arrive, or could be read', () => {
    const warnings = (env: Readonly<Record<string, string>>) =>
      loadWith({ ...WITH_REDIS, ...env }).warnings.filter((warning) => warning.includes('OTLP'))
    expect(warnings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' })).toHaveLength(1)
    const key = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=secret' }
    expect(warnings({ ...key, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otlp.example.com' })).toEqual([
      'The OTLP endpoint is plain http: what OTEL_EXPORTER_OTLP_HEADERS holds can be read on the way.',
    ])
    expect(warnings({ ...key, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.internal:4318' })).toEqual([])
    expect(warnings({ ...key, OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.example.com' })).toEqual([])
  })
})

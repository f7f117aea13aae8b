import type { SamplerSettings } from '../settings.ts'
import { accept, kindOf, matching, oneOf, type Reader, refuse } from './reader.ts'

const ENDPOINT_REMEDY = 'Set the collector’s address for OTLP over HTTP, for example http://localhost:4318'

/** An http or https URL without credentials: those belong into a header. */
export const otlpEndpoint: Reader<string> = (text) => {
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : null
  if (url === null) return refuse(`is ${kindOf(text)}, not an http or https URL`, ENDPOINT_REMEDY)
  if (url.username !== '' || url.password !== '') {
    return refuse('holds credentials', 'Put them into OTEL_EXPORTER_OTLP_HEADERS')
  }
  return url.hash === '' ? accept(url.href) : refuse('has a fragment', ENDPOINT_REMEDY)
}

/** Where traces go below the address that is common to all signals (OTLP 1.9, "Endpoint URLs for OTLP/HTTP"). */
export function tracesBelow(endpoint: string): string {
  const url = new URL(endpoint)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`
  return url.href
}

export const otlpProtocol: Reader<'http/protobuf'> = (text) =>
  text === 'http/protobuf'
    ? accept(text)
    : refuse(
        `is ${kindOf(text)}, not the protocol that is spoken here`,
        'Set http/protobuf, and the collector’s port for HTTP (usually 4318) in the endpoint',
      )

export const tracesExporter = oneOf(['otlp', 'none'])

export const traceparentTrust = oneOf(['on', 'off'])

/** `true` or `false`, in letters of any size. */
export const otelBoolean: Reader<boolean> = (text) => {
  const word = oneOf(['true', 'false'])(text.toLowerCase())
  return word.ok ? accept(word.value === 'true') : word
}

export const serviceName = matching(/^[^\p{Cc}]{1,255}$/u, 'a name', 'Set a name of up to 255 characters')

/** Pairs as in a `baggage` header (W3C Baggage, without properties). The number of a bad pair is named, nothing of it. */
const pairs =
  (isName: RegExp, isValue: RegExp): Reader<Readonly<Record<string, string>>> =>
  (text) => {
    const read: [string, string][] = []
    for (const [index, pair] of text.split(',').entries()) {
      if (pair.trim() === '') continue
      const [, name = '', encoded = ''] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/s.exec(pair) ?? []
      const value = decode(encoded)
      if (!isName.test(name) || value === null || !isValue.test(value)) {
        return refuse(
          `has a pair, number ${index + 1}, that is not name=value`,
          'Write name=value,…; a comma, a % and what is not ASCII are percent-encoded in values',
        )
      }
      read.push([name, value])
    }
    return accept(Object.fromEntries(read))
  }

/** RFC 9110 §5.1 and §5.5: token and visible text. */
export const otlpHeaders = pairs(/^[!#$%&'*+.^_`|~\dA-Za-z-]{1,200}$/, /^[\t\x20-\x7e]{0,8000}$/)
export const resourceAttributes = pairs(/^[\x21-\x7e]{1,255}$/, /^[^\p{Cc}]{0,255}$/u)

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

export const tracesSampler = oneOf(SAMPLERS)

/** A part of all traces, from 0 to 1. */
export const samplerRatio: Reader<number> = (text) => {
  const ratio = /^(?:0|1|0?\.\d{1,15}|[01]\.\d{1,15})$/.test(text) ? Number(text) : Number.NaN
  return ratio >= 0 && ratio <= 1
    ? accept(ratio)
    : refuse(`is ${kindOf(text)}, not a number from 0 to 1`, 'Write for example 0.1 for every tenth trace')
}

/** What a sampler of this name does; `ratio` is for those that take one. */
export function samplerOf(name: (typeof SAMPLERS)[number], ratio: number): SamplerSettings {
  const root = name.replace('parentbased_', '')
  const own = { always_on: 1, always_off: 0 }[root] ?? ratio
  return { ratio: own, followsParent: root !== name }
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

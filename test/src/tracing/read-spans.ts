import { bytesOf, type Field, messagesOf, numberOf, readFields } from './protobuf.ts'

export type AttributeValue = string | boolean | number

/** A span as its collector sees it (opentelemetry-proto, `trace.proto`). */
export interface ReceivedSpan {
  readonly resource: Readonly<Record<string, AttributeValue>>
  readonly scope: string
  readonly traceId: string
  readonly spanId: string
  /** Empty: a root. */
  readonly parentSpanId: string
  readonly traceState: string
  readonly name: string
  readonly kind: 'internal' | 'server' | 'client' | 'other'
  /** Nanoseconds since 1970. */
  readonly start: bigint
  readonly end: bigint
  readonly attributes: Readonly<Record<string, AttributeValue>>
  readonly events: number
  readonly links: readonly { readonly traceId: string; readonly spanId: string; readonly traceState: string }[]
  readonly status: 'unset' | 'ok' | 'error'
  readonly statusMessage: string
}

/** The spans of an `ExportTraceServiceRequest`. */
export function readSpans(request: Buffer): readonly ReceivedSpan[] {
  return messagesOf(readFields(request), 1).flatMap((bytes) => {
    const resourceSpans = readFields(bytes)
    const resource = readAttributes(readFields(bytesOf(resourceSpans, 1)), 1)
    return messagesOf(resourceSpans, 2).flatMap((scopeBytes) => {
      const scopeSpans = readFields(scopeBytes)
      const scope = text(readFields(bytesOf(scopeSpans, 1)), 1)
      return messagesOf(scopeSpans, 2).map((span) => readSpan(readFields(span), resource, scope))
    })
  })
}

const KINDS = new Map([
  [1n, 'internal'],
  [2n, 'server'],
  [3n, 'client'],
] as const)
const STATUSES = ['unset', 'ok', 'error'] as const

function readSpan(span: readonly Field[], resource: ReceivedSpan['resource'], scope: string): ReceivedSpan {
  const status = readFields(bytesOf(span, 15))
  return {
    resource,
    scope,
    traceId: hex(span, 1),
    spanId: hex(span, 2),
    traceState: text(span, 3),
    parentSpanId: hex(span, 4),
    name: text(span, 5),
    kind: KINDS.get(numberOf(span, 6) as 1n) ?? 'other',
    start: numberOf(span, 7),
    end: numberOf(span, 8),
    attributes: readAttributes(span, 9),
    events: messagesOf(span, 11).length,
    links: messagesOf(span, 13).map((bytes) => {
      const link = readFields(bytes)
      return { traceId: hex(link, 1), spanId: hex(link, 2), traceState: text(link, 3) }
    }),
    status: STATUSES[Number(numberOf(status, 3))] ?? 'unset',
    statusMessage: text(status, 2),
  }
}

function readAttributes(fields: readonly Field[], number: number): Readonly<Record<string, AttributeValue>> {
  const pairs = messagesOf(fields, number).map((bytes): readonly [string, AttributeValue] => {
    const pair = readFields(bytes)
    return [text(pair, 1), readValue(readFields(bytesOf(pair, 2)))]
  })
  return Object.fromEntries(pairs)
}

/** Text, truth or whole number: nothing else is sent. */
function readValue([field]: readonly Field[]): AttributeValue {
  if (field === undefined) return ''
  if (field.number === 1 && Buffer.isBuffer(field.value)) return field.value.toString('utf8')
  if (field.number === 2) return field.value === 1n
  if (field.number === 3) return Number(field.value)
  throw new TypeError(`an attribute of kind ${field.number}`)
}

const hex = (fields: readonly Field[], number: number) => bytesOf(fields, number).toString('hex')
const text = (fields: readonly Field[], number: number) => bytesOf(fields, number).toString('utf8')

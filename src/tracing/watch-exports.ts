import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import type { SpanExporter } from '@opentelemetry/sdk-trace'

/** What befalls traces on their way. */
export type ExportEvent = { readonly kind: 'lost'; readonly reason: string } | { readonly kind: 'back' }

/** The same exporter: says when its collector stops taking spans, and when it takes them again. */
export function watchExports(exporter: SpanExporter, report: (event: ExportEvent) => void): SpanExporter {
  let isLost = false
  const look = ({ code, error }: ExportResult) => {
    const failed = code !== ExportResultCode.SUCCESS
    if (failed === isLost) return
    isLost = failed
    report(failed ? { kind: 'lost', reason: reasonOf(error) } : { kind: 'back' })
  }
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        look(result)
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}

/** A status or a code of the runtime's: texts hold addresses, and whatever the collector wrote. */
function reasonOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  if (typeof code === 'number') return `http_${code}`
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code.toLowerCase() : 'failed'
}

import { parseArgs } from 'node:util'

export interface BenchOptions {
  readonly quick: boolean
  readonly note: string | null
  /** All of them, or the one that was asked for. */
  readonly parts: readonly string[]
  /** The command as it was given, for the results. */
  readonly command: string
}

/**
 * `--quick` for a short run, `--note "…"` for what readers of the results have to know, `--part` for one part of several.
 * Throws for anything else.
 */
export function readOptions(script: string, parts: readonly string[] = []): BenchOptions {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, note: { type: 'string' }, part: { type: 'string' } },
  })
  const { quick, note = null, part } = values
  if (part !== undefined && !parts.includes(part)) throw new RangeError(`--part is one of ${parts.join(', ')}`)
  const shown = [...(part === undefined ? [] : ['--part', part]), ...(quick ? ['--quick'] : [])]
  const command = [`npm run ${script}`, ...(shown.length === 0 ? [] : ['--', ...shown])].join(' ')
  return { quick, note, parts: part === undefined ? parts : [part], command }
}

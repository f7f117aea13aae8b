import { LOG_LEVELS } from '../settings.ts'
import { accept, matching, oneOf, type Reader, refuse, wholeNumber } from './reader.ts'

export const storeKind = oneOf(['memory', 'redis'])
/** A number multiplies the limits. */
export const rateLimits: Reader<'on' | 'off' | number> = (text) => {
  const factor = wholeNumber(1, 1_000)(text)
  return factor.ok ? factor : oneOf(['on', 'off'])(text)
}
export const logLevel = oneOf(LOG_LEVELS)
export const playground = oneOf(['on', 'off'])
export const workerCount = wholeNumber(1, 256)
/** Seconds. No load balancer needs longer to turn away than five minutes. */
export const drainDelay = wholeNumber(0, 300)
export const sentinelName = matching(
  /^[\x21-\x7e]{1,128}$/,
  'a group name',
  'Set the name the Sentinels watch, for example mymaster',
)

export const replicaCount = wholeNumber(0, 16)

/** The key of a stream: braces would put it into the slot of other keys. */
export const streamKey = matching(/^[\w.:/-]{1,200}$/, 'a key', 'Set a name of letters, digits and . : / _ -')
export const streamLength = wholeNumber(100, 100_000_000)

/** A path, or `-` for standard output. */
export const auditLog: Reader<string> = (text) =>
  text === '' || text.includes('\0') || text.startsWith('{')
    ? refuse('is no path', 'Set the path of a file to append to, or - for standard output')
    : accept(text)

/** A path. Refuses JSON, which somebody may take the name for. */
export const configPath: Reader<string> = (text) => {
  const remedy = 'Set the path of a JSON file'
  if (text === '') return refuse('is blank', remedy)
  return text.startsWith('{') || text.includes('\0') ? refuse('is no path', remedy) : accept(text)
}

import { LOG_LEVELS } from '../settings.ts'
import { accept, matching, oneOf, type Reader, refuse, wholeNumber } from './reader.ts'

export const storeKind = oneOf(['memory', 'redis'])
export const rateLimits = oneOf(['on', 'off'])
export const logLevel = oneOf(LOG_LEVELS)
export const workerCount = wholeNumber(1, 256)
export const sentinelName = matching(
  /^[\x21-\x7e]{1,128}$/,
  'a group name',
  'Set the name the Sentinels watch, for example mymaster',
)

/** A path. Refuses JSON, which somebody may take the name for. */
export const configPath: Reader<string> = (text) => {
  const remedy = 'Set the path of a JSON file'
  if (text === '') return refuse('is blank', remedy)
  return text.startsWith('{') || text.includes('\0') ? refuse('is no path', remedy) : accept(text)
}

import { readFileSync } from 'node:fs'
import { createSystemRandom } from '../../core/random.ts'
import { loadConfig } from '../config/load-config.ts'
import type { Settings } from '../config/settings.ts'

/** The settings of this process, from its environment. @throws {ConfigError} with every fault listed */
export function loadProcessSettings(): Settings {
  return loadConfig(process.env, (path) => readFileSync(path, 'utf8'), createSystemRandom())
}

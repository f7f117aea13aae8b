import { readFileSync } from 'node:fs'
import { createSystemRandom } from '../../core/random.ts'
import { loadConfig } from '../config/load-config.ts'
import { type ReloadedConfig, reloadConfig } from '../config/reload-config.ts'
import type { Settings } from '../config/settings.ts'

/** The text of a file of projects. Throws where it cannot be read. */
export function readConfigFile(path: string): string {
  return readFileSync(path, 'utf8')
}

/** The settings of this process, from its environment. @throws {ConfigError} with every fault listed */
export function loadProcessSettings(readFile = readConfigFile): Settings {
  return loadConfig(process.env, readFile, createSystemRandom())
}

/** The same once more, for a process that runs with these settings. @throws {ConfigError} with every fault listed */
export function reloadProcessSettings(running: Settings, readFile = readConfigFile): ReloadedConfig {
  return reloadConfig(process.env, readFile, createSystemRandom(), running)
}

import { createSystemRandom } from '../../core/random.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { createLogger } from '../../src/logger.ts'
import { startServer } from '../../src/server.ts'
import { benchSettings } from '../settings.ts'
import { report } from './child.ts'

// As in production: every check, every log line.
const settings = loadConfig(benchSettings(process.env['REDIS_URL']), () => '', createSystemRandom())
const server = await startServer(settings, createLogger(settings.server.logLevel))
report(server.port)

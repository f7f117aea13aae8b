import { writeFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { createSystemRandom } from '../core/random.ts'
import { createMemoryStores } from '../core/stores/memory/memory-stores.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { createGateway } from '../src/gateway.ts'
import { createApp } from '../src/http/app.ts'
import { createLogger } from '../src/logger.ts'

// The committed documents are what the server serves, word for word; a test fails when they differ.
const random = createSystemRandom()
const settings = loadConfig({}, () => '', random)
const ports = { stores: createMemoryStores(), clock: { now: () => new Date() }, random, mail: null, report: () => {} }
const app = createApp({
  ...(await createGateway(settings, ports)),
  mailbox: null,
  logger: createLogger('silent'),
  random,
})
for (const name of ['4mica', 'moonkey', 'walletkit']) {
  const document: unknown = await (await app.request(`/openapi/${name}.json`)).json()
  writeFileSync(new URL(`../specs/${name}.openapi.yaml`, import.meta.url), stringify(document, { lineWidth: 120 }))
}

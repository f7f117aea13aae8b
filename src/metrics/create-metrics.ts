import type { Registry } from 'prom-client'
import type { Stores } from '../../core/stores/stores.ts'
import { countRequests } from './count-requests.ts'
import { countStoreActs } from './count-store-acts.ts'
import { meterStores } from './meter-stores.ts'
import type { RequestMeter } from './meters.ts'
import { registerFamily } from './timings.ts'
import { type Sources, watchSources } from './watch-sources.ts'

/** The numbers of one process. */
export interface Metrics {
  readonly requests: RequestMeter
  /** The same stores, timed. Call it once. */
  meterStores(stores: Stores): Stores
  /** What is looked up whenever somebody asks. Call it when the process can serve, and again when there is more to look at. */
  watch(sources: Sources): void
  readonly registry: Registry
}

/** Metrics from now on. The library is loaded here: a process that counts nothing does not pay for it. */
export async function createMetrics(): Promise<Metrics> {
  const client = await import('prom-client')
  const registry = new client.Registry()
  client.collectDefaultMetrics({ register: registry })
  const requests = countRequests()
  const storeActs = countStoreActs()
  for (const family of [...requests.families, ...storeActs.families]) registerFamily(registry, family)
  new client.Gauge({
    name: 'walletgate_http_requests_in_flight',
    help: 'Requests that are being answered.',
    registers: [registry],
    collect() {
      this.set(requests.inFlight())
    },
  })
  return {
    registry,
    requests,
    meterStores: (stores) => meterStores(stores, storeActs.meter),
    watch: (sources) => watchSources(client, registry, sources),
  }
}

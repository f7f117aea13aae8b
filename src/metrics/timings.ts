import type { MetricObjectWithValues, MetricValue, Registry } from 'prom-client'

/**
 * How long something took, sorted into buckets. The library's own histogram builds its labels anew for every value, which costs more
 * than all else that is counted; here a series is an object that whoever counts holds on to.
 */
export class Timings {
  readonly #bounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0

  /** @param bounds seconds, ascending */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  observe(seconds: number): void {
    const bounds = this.#bounds
    let index = 0
    while (index < bounds.length && seconds > (bounds[index] ?? 0)) index += 1
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#sum += seconds
  }

  /** As a Prometheus histogram shows it: each bucket counts the smaller ones too. */
  samples(name: string, labels: Readonly<Record<string, string>>): readonly Sample[] {
    let count = 0
    const buckets = [...this.#counts].map((own, index): Sample => {
      count += own
      const le = this.#bounds[index] ?? '+Inf'
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ]
  }
}

export interface Sample extends MetricValue<string> {
  /** Where it is not the family's. */
  readonly metricName?: string
}

/** A family of series that somebody else counts. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'histogram'
  samples(): readonly Sample[]
}

/** Shows a family beside the library's own. Sums of several processes add up. */
export function registerFamily(registry: Registry, { name, help, type, samples }: Family): void {
  const shown = { name, help, type, aggregator: 'sum' }
  // What the library asks of a metric (its aggregated ones are such objects too); its types know only its own classes.
  const metric = { ...shown, get: async () => ({ ...shown, values: samples() }) as unknown as Shown }
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0])
}

type Shown = MetricObjectWithValues<MetricValue<string>>

/** One sample of a scrape. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exposition {
  readonly samples: readonly Sample[]
  /** Family name to type. */
  readonly types: ReadonlyMap<string, string>
  /** The sum of the samples of this name that have at least these labels; throws when there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number
  /** The same, undefined when there is none. */
  find(name: string, labels?: Readonly<Record<string, string>>): number | undefined
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped']

/**
 * Reads the Prometheus text format 0.0.4 as its specification has it, and refuses what Prometheus or a linter would refuse: a family
 * without HELP and TYPE in front of it, or in two places, a series twice, a histogram that does not add up.
 */
export function parseExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const types = new Map<string, string>()
  const helps = new Set<string>()
  const seen = new Set<string>()
  const samples: Sample[] = []
  let family = ''
  for (const line of text.split('\n')) {
    if (line === '') continue
    if (line.startsWith('# HELP ')) {
      const name = requireName(line.slice(7))
      if (helps.has(name)) throw new Error(`HELP of ${name} twice`)
      if (line.slice(8 + name.length).trim() === '') throw new Error(`HELP of ${name} is empty`)
      helps.add(name)
      family = name
    } else if (line.startsWith('# TYPE ')) {
      const name = requireName(line.slice(7))
      const type = line.slice(8 + name.length)
      if (name !== family || types.has(name)) throw new Error(`TYPE of ${name} is not after its HELP, or twice`)
      if (!TYPES.includes(type)) throw new Error(`${name} has the type ${type}`)
      types.set(name, type)
    } else {
      const sample = parseSample(line)
      if (familyOf(sample.name, types) !== family) throw new Error(`${sample.name} stands among ${family}`)
      const series = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`
      if (seen.has(series)) throw new Error(`${series} twice`)
      seen.add(series)
      samples.push(sample)
    }
  }
  for (const name of helps) if (!types.has(name)) throw new Error(`${name} has no TYPE`)
  for (const [name, type] of types) if (type === 'histogram') requireHistogram(name, samples)
  for (const { name, value } of samples) {
    if (types.get(name) === 'counter' && !(value >= 0)) throw new Error(`${name} is a counter of ${value}`)
  }
  const find: Exposition['find'] = (name, labels = {}) => {
    const wanted = Object.entries(labels)
    const found = samples.filter(
      (sample) => sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value),
    )
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
  }
  return {
    samples,
    types,
    find,
    value(name, labels) {
      const value = find(name, labels)
      if (value === undefined) throw new Error(`no ${name} with ${JSON.stringify(labels ?? {})}`)
      return value
    },
  }
}

function requireName(text: string): string {
  const name = NAME.exec(text)?.[0]
  if (name === undefined) throw new Error(`no metric name: ${text}`)
  return name
}

function familyOf(name: string, types: ReadonlyMap<string, string>): string {
  const base = name.replace(/_(?:bucket|sum|count)$/, '')
  return types.get(base) === 'histogram' || types.get(base) === 'summary' ? base : name
}

function parseSample(line: string): Sample {
  const name = requireName(line)
  let rest = line.slice(name.length)
  const labels: Record<string, string> = {}
  if (rest.startsWith('{')) {
    rest = rest.slice(1)
    while (!rest.startsWith('}')) {
      const [whole, label = '', value = ''] =
        /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,(?=[a-zA-Z_])|(?=\}))/.exec(rest) ?? []
      if (whole === undefined) throw new Error(`labels of ${line}`)
      if (Object.hasOwn(labels, label)) throw new Error(`${label} twice in ${line}`)
      labels[label] = value
      rest = rest.slice(whole.length)
    }
    rest = rest.slice(1)
  }
  const number = /^ (NaN|Nan|[+-]Inf|[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i.exec(rest)?.[1]
  if (number === undefined) throw new Error(`value of ${line}`)
  return { name, labels, value: Number(number.replace('Inf', 'Infinity')) }
}

/** Buckets never fall, and the last is the count. */
function requireHistogram(name: string, samples: readonly Sample[]): void {
  const withoutBound = ({ le, ...labels }: Sample['labels']) => JSON.stringify(Object.entries(labels).sort())
  const counts = new Map(
    samples.flatMap((each) => (each.name === `${name}_count` ? [[withoutBound(each.labels), each.value]] : [])),
  )
  const sums = new Set(samples.flatMap((each) => (each.name === `${name}_sum` ? [withoutBound(each.labels)] : [])))
  const buckets = new Map<string, Sample[]>()
  for (const sample of samples) {
    if (sample.name !== `${name}_bucket`) continue
    const key = withoutBound(sample.labels)
    buckets.set(key, [...(buckets.get(key) ?? []), sample])
  }
  if (buckets.size !== counts.size || sums.size !== counts.size) throw new Error(`${name} lacks a part`)
  for (const [key, own] of buckets) {
    let bound = Number.NEGATIVE_INFINITY
    let count = 0
    for (const { labels, value } of own) {
      const next = Number(String(labels['le']).replace('Inf', 'Infinity'))
      if (!(next > bound) || value < count) throw new Error(`${name}${key} does not rise`)
      bound = next
      count = value
    }
    if (bound !== Number.POSITIVE_INFINITY || count !== counts.get(key))
      throw new Error(`${name}${key} does not add up`)
  }
}

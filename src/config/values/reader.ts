/** What came of reading one value: it, or what is wrong with it in words that do not contain it. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string; readonly remedy: string }

/** Reads one setting from text. Pure; never throws. */
export type Reader<T> = (text: string) => Reading<T>

export function accept<T>(value: T): Reading<T> {
  return { ok: true, value }
}

/** `problem` goes on from the setting's name: "has a path". `remedy` says what to do. Neither may quote the value. */
export function refuse(problem: string, remedy: string): { ok: false; problem: string; remedy: string } {
  return { ok: false, problem, remedy }
}

/** What kind of value this is, in words that give nothing of it away. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string') {
    if (value === '') return 'empty text'
    if (value.trim() === '') return 'only white space'
    return `text of ${value.length} character${value.length === 1 ? '' : 's'}`
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value}`
}

/** Text that the pattern matches. The pattern must be linear in the text's length. */
export function matching(pattern: RegExp, expected: string, remedy: string): Reader<string> {
  return (text) => (pattern.test(text) ? accept(text) : refuse(`is ${kindOf(text)}, not ${expected}`, remedy))
}

/** One of these words, exactly. */
export function oneOf<const T extends string>(words: readonly T[]): Reader<T> {
  return (text) => {
    const found = words.find((word) => word === text)
    return found === undefined
      ? refuse(`is ${kindOf(text)}, not one of the known words`, `Set one of: ${words.join(', ')}`)
      : accept(found)
  }
}

/** Decimal digits without sign, point, exponent or leading zero, within the bounds. */
export function wholeNumber(least: number, most: number): Reader<number> {
  return (text) => {
    const value = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN
    return value >= least && value <= most
      ? accept(value)
      : refuse(`is ${kindOf(text)}, not a whole number from ${least} to ${most}`, 'Write it in plain digits')
  }
}

/** Entries between commas, each trimmed and read. Refuses an empty entry; the position is named, the entry is not. */
export function commaList<T>(read: Reader<T>): Reader<readonly T[]> {
  return (text) => {
    const values: T[] = []
    for (const [index, entry] of text.split(',').entries()) {
      const reading = read(entry.trim())
      if (!reading.ok) return refuse(`has an entry, number ${index + 1}, that ${reading.problem}`, reading.remedy)
      values.push(reading.value)
    }
    return accept(values)
  }
}

import { parseTimestamp } from '../../core/messages/timestamp.ts'
import { kindOf } from '../config/values/reader.ts'
import type { RowFault } from './row.ts'

type Json = Readonly<Record<string, unknown>>

const NAME_SHOWN = /^[\w-]{1,40}$/
/** Unix times below this are in seconds, others in milliseconds: the year 5138, or March 1973. */
const FIRST_MILLISECONDS = 100_000_000_000
/** Clocks differ, milliseconds. */
const MAX_AHEAD_MS = 86_400_000

/** One object within a row. Reads its fields and collects what is wrong; a field that is wrong reads as one that is not there. */
export class Fields {
  readonly #place: string
  readonly #object: Json
  readonly #faults: RowFault[]

  private constructor(place: string, object: Json, faults: RowFault[]) {
    this.#place = place
    this.#object = object
    this.#faults = faults
  }

  /** Refuses what is no object, and names that are not among these. */
  static open(value: unknown, place: string, names: readonly string[], faults: RowFault[]): Fields {
    if (!isObject(value)) {
      faults.push({
        field: place === '' ? null : place,
        problem: `is ${kindOf(value)}, not an object`,
        remedy: 'Write {"…": …}',
      })
      return new Fields(place, {}, faults)
    }
    const fields = new Fields(place, value, faults)
    for (const name of Object.keys(value)) {
      if (names.includes(name)) continue
      const shown = NAME_SHOWN.test(name) ? name : null
      const problem = shown === null ? 'has a field whose name is not known' : 'is not a field of this name'
      fields.refuse(shown ?? '', problem, `Leave it out; known are ${names.join(', ')}`)
    }
    return fields
  }

  /** Where a field is, as people read it. */
  placeOf(name: string): string {
    if (name === '') return this.#place
    return this.#place === '' ? name : `${this.#place}.${name}`
  }

  refuse(name: string, problem: string, remedy: string): void {
    const field = this.placeOf(name)
    this.#faults.push({ field: field === '' ? null : field, problem, remedy })
  }

  has(name: string): boolean {
    return this.#object[name] !== undefined && this.#object[name] !== null
  }

  value(name: string): unknown {
    return this.#object[name]
  }

  /** Text that this makes something of; `expected` says what it has to be. Null where there is none, or it was refused. */
  text<T>(name: string, read: (text: string) => T | null, expected: string, remedy: string): T | null {
    if (!this.has(name)) return null
    const value = this.#object[name]
    const result = typeof value === 'string' ? read(value) : null
    if (result === null) this.refuse(name, `is ${kindOf(value)}, not ${expected}`, remedy)
    return result
  }

  /** The same for a field that has to be there. */
  requireText<T>(name: string, read: (text: string) => T | null, expected: string, remedy: string): T | null {
    if (!this.has(name)) this.refuse(name, 'is missing', remedy)
    return this.text(name, read, expected, remedy)
  }

  flag(name: string): boolean | null {
    if (!this.has(name)) return null
    const value = this.#object[name]
    if (typeof value === 'boolean') return value
    this.refuse(name, `is ${kindOf(value)}, not true or false`, 'Write true or false')
    return null
  }

  count(name: string, most: number): number | null {
    if (!this.has(name)) return null
    const value = this.#object[name]
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value
    this.refuse(name, `is ${kindOf(value)}, not a whole number up to ${most}`, 'Write it in plain digits')
    return null
  }

  /** A time that is not in the future; RFC 3339 with its offset, PostgreSQL's spelling of that, or Unix time. */
  pastTime(name: string, now: Date): Date | null {
    return this.time(name, new Date(now.getTime() + MAX_AHEAD_MS))
  }

  time(name: string, latest: Date): Date | null {
    if (!this.has(name)) return null
    const value = this.#object[name]
    const time = readTime(value)
    if (time === null || time.getTime() < 0) {
      const remedy = 'Write 2026-06-22T10:00:00Z, with Z or an offset such as +02:00, or Unix time in digits'
      this.refuse(name, `is ${kindOf(value)}, not a time`, remedy)
      return null
    }
    if (time <= latest) return time
    this.refuse(name, 'is too far in the future', `Write a time not after ${latest.toISOString()}`)
    return null
  }

  list(name: string, most: number): readonly { readonly value: unknown; readonly place: string }[] {
    if (!this.has(name)) return []
    const value = this.#object[name]
    if (!Array.isArray(value)) {
      this.refuse(name, `is ${kindOf(value)}, not a list`, 'Write a list: […]')
      return []
    }
    if (value.length > most) {
      this.refuse(name, `is ${kindOf(value)}, more than ${most}`, 'Leave some out')
      return []
    }
    return value.map((item: unknown, index) => ({ value: item, place: `${this.placeOf(name)}[${index}]` }))
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** PostgreSQL writes a space for the T, and offsets without minutes. */
const POSTGRES = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d{1,9})?)([+-]\d\d)(?::?(\d\d))?$/

function readTime(value: unknown): Date | null {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d{1,15}$/.test(value))) {
    const number = Number(value)
    const time = new Date(number < FIRST_MILLISECONDS ? number * 1000 : number)
    return Number.isFinite(time.getTime()) ? time : null
  }
  if (typeof value !== 'string' || value.length > 40) return null
  const [, date, clock, hours, minutes = '00'] = POSTGRES.exec(value) ?? []
  return parseTimestamp(date === undefined ? value : `${date}T${clock}${hours}:${minutes}`)
}

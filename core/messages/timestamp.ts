/**
 * The instant of an RFC 3339 §5.6 date-time, or null when the text is none (the calendar included: no 30 February).
 *
 * Fractions have any number of digits; what is finer than a millisecond is rounded to the side the caller names. A leap
 * second (`:60`) is accepted only where §5.7 allows one, in the last minute of a month in UTC, and is the instant that
 * follows it, as in POSIX time.
 */
export function parseTimestamp(text: string, rounding: 'down' | 'up' = 'down'): Date | null {
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  const hour = digits(text, 11, 2)
  const minute = digits(text, 14, 2)
  const second = digits(text, 17, 2)
  if (year < 0 || month < 1 || month > 12 || day < 1) return null
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return null
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':') return null
  // RFC 3339 §5.6: "T" and "Z" may be lower case.
  if (text[10] !== 'T' && text[10] !== 't') return null

  let index = 19
  let milliseconds = 0
  if (text[index] === '.') {
    const start = ++index
    let isFiner = false
    for (let digit = digits(text, index, 1); digit >= 0; digit = digits(text, ++index, 1)) {
      if (index - start < 3) milliseconds += digit * (PLACE[index - start] ?? 0)
      else if (digit > 0) isFiner = true
    }
    if (index === start) return null
    if (isFiner && rounding === 'up') milliseconds++
  }
  const offsetMinutes = parseOffset(text, index)
  if (offsetMinutes === null) return null

  const date = new Date(0)
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCDate() !== day) return null
  date.setTime(date.getTime() + ((hour * 60 + minute - offsetMinutes) * 60 + second) * 1000)
  if (second === 60 && !isStartOfMonth(date)) return null
  date.setTime(date.getTime() + milliseconds)
  return date
}

const PLACE = [100, 10, 1]

/** The number that `count` digits at `from` spell, or -1. */
function digits(text: string, from: number, count: number): number {
  let value = 0
  for (let index = from; index < from + count; index++) {
    const digit = text.charCodeAt(index) - 0x30
    // Written so that NaN, past the end, is refused too.
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return value
}

/** Minutes east of UTC, or null when the rest of the text is no time-offset. */
function parseOffset(text: string, index: number): number | null {
  const sign = text[index]
  if (sign === 'Z' || sign === 'z') return index + 1 === text.length ? 0 : null
  if ((sign !== '+' && sign !== '-') || text[index + 3] !== ':' || index + 6 !== text.length) return null
  const hours = digits(text, index + 1, 2)
  const minutes = digits(text, index + 4, 2)
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return null
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes)
}

function isStartOfMonth(date: Date): boolean {
  return date.getUTCDate() === 1 && date.getTime() % 86_400_000 === 0
}

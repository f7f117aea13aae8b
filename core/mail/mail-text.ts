const DISPLAY_NAME = /^(?! )[^\p{C}\p{Zl}\p{Zp}]{1,64}(?<! )$/u
const LINK = /^https?:\/\/[!-~]+$/
/** Characters of a link in a mail, its token included. */
export const MAX_LINK_LENGTH = 4_096
const MINUTES_PER_HOUR = 60
const MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR
const MAX_MINUTES = 31 * MINUTES_PER_DAY

/** @throws {TypeError} unless it is one line of printable characters: a name goes into a header. */
export function requireDisplayName(name: string): string {
  if (!DISPLAY_NAME.test(name))
    throw new TypeError('a project name in a mail is one line of 1 to 64 printable characters')
  return name
}

/** @throws {TypeError} unless it is an absolute http or https URL in printable ASCII, of at most `MAX_LINK_LENGTH`. */
export function requireLink(link: string): string {
  const isLink = link.length <= MAX_LINK_LENGTH && LINK.test(link) && URL.canParse(link)
  if (!isLink) throw new TypeError('a link in a mail is an absolute http or https URL')
  return link
}

/** @throws {TypeError} unless it is six digits. */
export function requireCode(code: string): string {
  if (!/^[0-9]{6}$/.test(code)) throw new TypeError('a code in a mail has six digits')
  return code
}

/** How long, in words: `1 minute`, `90 minutes`, `2 hours`, `7 days`. @throws {RangeError} unless whole and positive. */
export function formatMinutes(minutes: number): string {
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > MAX_MINUTES) {
    throw new RangeError('a mail is valid for a whole number of minutes, up to 31 days')
  }
  if (minutes % MINUTES_PER_DAY === 0) return count(minutes / MINUTES_PER_DAY, 'day')
  if (minutes % MINUTES_PER_HOUR === 0) return count(minutes / MINUTES_PER_HOUR, 'hour')
  return count(minutes, 'minute')
}

/** The text as HTML content or inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
}

function count(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}

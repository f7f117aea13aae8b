/*
 * What a terminal or a reader could take for something else: control characters (C0, DEL, C1), invisible and direction-changing ones,
 * line and paragraph separators, surrogates without their pair, and spaces that are not the space.
 */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Surrogate}]|(?! )\p{Zs}/gu
/** In JSON all of these must be escaped as UTF-16 units, where they are not already. */
const UNSHOWABLE_IN_JSON = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu

const NAMES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** The text on one line, with everything that does not show itself spelled out, and cut after so many characters. */
export function escapeText(text: string, maxLength = 120): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}… (${text.length} characters)` : text
  return cut.replace(
    UNSHOWABLE,
    (character) => NAMES[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

/** JSON for people and programs: nothing in it moves a cursor or turns the direction of the text. */
export function formatJson(value: unknown): string {
  const units = (character: string) =>
    Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join('')
  return JSON.stringify(value, null, 2).replace(UNSHOWABLE_IN_JSON, units)
}

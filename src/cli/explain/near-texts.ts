/** What was done to a text to get one that is near it. */
export const EDITS = {
  byte_order_mark_removed: 'without the byte order mark at its start',
  final_newline_removed: 'without the line feed at its end',
  final_newline_added: 'with a line feed at its end',
  crlf_to_lf: 'with LF line ends instead of CRLF',
  lf_to_crlf: 'with CRLF line ends instead of LF',
  outer_space_removed: 'without the white space around it',
  line_end_space_removed: 'without the spaces at the ends of lines',
  address_checksummed: 'with the address in its EIP-55 spelling',
  address_lower_cased: 'with the address in lower case',
  newlines_unescaped: 'with real line feeds where this one has a backslash and an n',
  newlines_escaped: 'with a backslash and an n where this one has line feeds',
  json_decoded: 'as it is inside its JSON string, without quotes and escapes',
  hex_decoded: 'as the text that these hex digits spell',
  hex_encoded: 'as hex digits: they were signed as if they were the text',
  html_unescaped: 'with &, < and > instead of HTML entities',
  byte_order_mark_added: 'with a byte order mark at its start',
  quotes_straightened: 'with straight quotes instead of typographic ones',
  quotes_curled: 'with typographic apostrophes instead of straight ones',
  spaces_plain: 'with plain spaces instead of others, such as the no-break space',
  invisible_removed: 'without invisible characters',
  composed: 'in Unicode normal form C',
  decomposed: 'in Unicode normal form D',
  mojibake_repaired: 'with its UTF-8 read as UTF-8, not as Latin-1 or Windows-1252',
  blank_line_added: 'with two blank lines where there is no statement',
  blank_line_removed: 'with one blank line where there is no statement',
} as const

export type Edit = keyof typeof EDITS

/** A text that somebody may have meant, and how it comes from the one that is there. */
export interface NearText {
  readonly text: string
  readonly edits: readonly Edit[]
}

/** The other spellings of the address in the text; empty where there are none. */
export interface AddressSpellings {
  readonly asWritten: string
  readonly checksummed: string
  readonly lowerCased: string
}

/** Longer texts are no sign-in messages, and not worth the time. */
const MAX_LENGTH = 16_384
/** Two edits together: a file from Windows has CRLF and a line end too many. */
const MAX_EDITS = 2

/**
 * Texts near this one, each once, those with fewer edits first. What forms, editors, shells, mail and JSON do to a text on its way is
 * listed in `EDITS`; nothing here changes what a text says.
 */
export function findNearTexts(text: string, address: AddressSpellings | null): readonly NearText[] {
  if (text.length > MAX_LENGTH) return []
  const seen = new Set([text])
  const all: NearText[] = []
  let last: readonly NearText[] = [{ text, edits: [] }]
  for (let count = 0; count < MAX_EDITS; count++) {
    const next: NearText[] = []
    for (const near of last) {
      for (const [edit, change] of Object.entries(changesOf(address)) as [Edit, Change][]) {
        const changed = change(near.text)
        if (changed === null || changed.length > MAX_LENGTH || seen.has(changed)) continue
        seen.add(changed)
        next.push({ text: changed, edits: [...near.edits, edit] })
      }
    }
    all.push(...next)
    last = next
  }
  return all
}

/** Null where there is nothing to change in this way. */
type Change = (text: string) => string | null

function changesOf(address: AddressSpellings | null): Record<Edit, Change> {
  const respell = (spelling: string | undefined) => (text: string) =>
    address === null || spelling === undefined ? null : text.replace(address.asWritten, () => spelling)
  return {
    byte_order_mark_removed: (text) => text.replace(/^\ufeff/, ''),
    final_newline_removed: (text) => text.replace(/\r?\n$/, ''),
    final_newline_added: (text) => `${text}\n`,
    crlf_to_lf: (text) => text.replaceAll('\r\n', '\n'),
    lf_to_crlf: (text) => text.replace(/(?<!\r)\n/g, '\r\n'),
    outer_space_removed: (text) => text.trim(),
    line_end_space_removed: (text) =>
      text
        .split('\n')
        .map((line) => line.trimEnd())
        .join('\n'),
    address_checksummed: respell(address?.checksummed),
    address_lower_cased: respell(address?.lowerCased),
    newlines_unescaped: (text) => text.replaceAll('\\r', '').replaceAll('\\n', '\n'),
    newlines_escaped: (text) => text.replaceAll('\n', '\\n'),
    json_decoded: decodeJson,
    hex_decoded: decodeHex,
    hex_encoded: (text) => `0x${Buffer.from(text, 'utf8').toString('hex')}`,
    html_unescaped: (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => HTML_ENTITIES[name] ?? ''),
    byte_order_mark_added: (text) => (text.startsWith('\ufeff') ? null : `\ufeff${text}`),
    quotes_straightened: (text) => text.replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"'),
    quotes_curled: (text) => text.replaceAll("'", '\u2019'),
    spaces_plain: (text) => text.replace(/(?! )\p{Zs}/gu, ' '),
    invisible_removed: (text) => text.replace(/\p{Cf}/gu, ''),
    composed: (text) => text.normalize('NFC'),
    decomposed: (text) => text.normalize('NFD'),
    mojibake_repaired: repairMojibake,
    blank_line_added: (text) => text.replace(/(?<!\n\n)\n\nURI: /, '\n\n\nURI: '),
    blank_line_removed: (text) => text.replace('\n\n\nURI: ', '\n\nURI: '),
  }
}

const HTML_ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function decodeJson(text: string): string | null {
  if (!text.trimStart().startsWith('"')) return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? value : null
  } catch {
    return null
  }
}

function decodeHex(text: string): string | null {
  const digits = /^\s*(?:0x)?((?:[0-9a-f]{2})+)\s*$/i.exec(text)?.[1]
  return digits === undefined ? null : decodeUtf8(Buffer.from(digits, 'hex'))
}

/** 0x80 to 0x9f in Windows-1252, which browsers and mail mean when they say Latin-1; other programs do not. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

function repairMojibake(text: string): string | null {
  if (!/[\u0080-\uffff]/.test(text)) return null
  const bytes: number[] = []
  for (const character of text) {
    const place = WINDOWS_1252.indexOf(character)
    const byte = place === -1 ? (character.codePointAt(0) ?? 0) : 0x80 + place
    if (byte > 0xff) return null
    bytes.push(byte)
  }
  return decodeUtf8(Uint8Array.from(bytes))
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

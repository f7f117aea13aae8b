import { getAddress } from 'ethers'

/** Draws from a fixed seed (mulberry32): the same cases in every run. */
export function createRandom(seed: number) {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (bound: number): number => Math.floor(next() * bound)
  const chance = (probability: number): boolean => next() < probability
  function pick<T>(items: readonly T[]): T {
    const item = items[below(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }
  const text = (alphabet: string, min: number, max: number): string =>
    Array.from({ length: min + below(max - min + 1) }, () => pick([...alphabet])).join('')
  return { below, chance, pick, text }
}
export type Random = ReturnType<typeof createRandom>

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const ALNUM = `${LOWER}${LOWER.toUpperCase()}0123456789`
const SUB_DELIMS = "!$&'()*+,;="

export const HOSTS = {
  good: [
    'example.com',
    'localhost',
    'sub.example.co.uk',
    'EXAMPLE.com',
    '127.0.0.1',
    '256.300.1.1',
    '010.0.00.000',
    'xn--bcher-kva.example',
    'a',
    'a..b',
    '-',
    '~._',
    '%41%7a.example',
    "a!$&'()*+,;=b",
    '[::]',
    '[::1]',
    '[1::]',
    '[2001:db8::7]',
    '[FE80::A]',
    '[1:2:3:4:5:6:7:8]',
    '[1:2:3:4:5:6:7::]',
    '[::2:3:4:5:6:7:8]',
    '[1::3:4:5:6:7:8]',
    '[::ffff:129.144.52.38]',
    '[1:2:3:4:5:6:255.255.255.255]',
    '[::1:2:3:4:5:0.0.0.0]',
    '[1::198.162.10.255]',
    '[v1.a:b]',
    '[VfF.~!$:]',
  ],
  bad: [
    '::1',
    '[',
    '[]',
    '[::1',
    '[::1]]',
    '[:]',
    '[:::]',
    '[1:]',
    '[:1]',
    '[1::2::3]',
    '[12345::]',
    '[g::]',
    '[1.2.3.4]',
    '[1:2:3:4:5:6:7]',
    '[1:2:3:4:5:6:7:8:9]',
    '[1:2:3:4:5:6:7:8::]',
    '[::1:2:3:4:5:6:7:8]',
    '[::1.2.3]',
    '[::1.2.3.256]',
    '[::1.2.3.4.5]',
    '[::1:2:3:4:5:6:1.2.3.4]',
    '[1:2:3:4:5:1.2.3.4]',
    '[fe80::1%25en0]',
    '[v.a]',
    '[v1.]',
    '[vg.a]',
    'exämple.com',
    'a b',
    '%',
    '%4',
    '%zz',
    'a"b',
    'a<b>',
    'a\\b',
    'a^b',
    'a`b',
    'a{b}',
    'a|b',
    '[::1000.2.3.4]',
  ],
  // Zero-padded or empty octets inside an IPv6 address.
  padded: ['[::01.2.3.4]', '[::000.000.010.001]', '[::1.2.3.00]', '[::...]', '[::1..2.3]', '[1:2:3:4:5:6:1.2.3.04]'],
} as const

const TIMES = {
  good: [
    '2021-09-30T16:25:24Z',
    '2021-09-30T16:25:24.000Z',
    '2021-09-30t16:25:24z',
    '2021-09-30T16:25:24.1Z',
    '2021-09-30T16:25:24.123456789012345678901234567890Z',
    '2021-09-30T16:25:24-02:00',
    '2021-09-30T16:25:24.5+23:59',
    '2021-09-30T16:25:24-00:00',
    '2020-02-29T00:00:00Z',
    '2000-02-29T23:59:59Z',
    '0000-01-01T00:00:00Z',
    '0000-02-29T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
    '9999-12-31T23:59:59-23:59',
    '0099-06-01T00:00:00Z',
    '2016-12-31T23:59:60Z',
    '1990-12-31T15:59:60-08:00',
  ],
  bad: [
    '',
    'now',
    '2021-09-30',
    '2021-09-30T16:25Z',
    '2021-09-30T16:25:24',
    '2021-09-30 16:25:24Z',
    '2021-09-30T16:25:24.Z',
    '2021-09-30T16:25:24,5Z',
    '2021-09-30T16:25:24+0200',
    '2021-09-30T16:25:24+02',
    '2021-09-30T16:25:24+24:00',
    '2021-09-30T16:25:24+02:60',
    '2021-09-30T16:25:24|02:00',
    '2021-09-30T24:00:00Z',
    '2021-09-30T16:60:00Z',
    '2021-09-30T16:25:61Z',
    '2021-13-30T16:25:24Z',
    '2021-00-30T16:25:24Z',
    '2021-09-31T16:25:24Z',
    '2021-02-29T16:25:24Z',
    '2021-02-30T16:25:24Z',
    '1900-02-29T16:25:24Z',
    '2021-09-00T16:25:24Z',
    '21-09-30T16:25:24Z',
    '+02021-09-30T16:25:24Z',
    'Wed Oct 05 2011 16:48:00 GMT+0200 (CEST)',
    '2021-W39-4T16:25:24Z',
    '2021-09-30T16:25:24Z ',
    ' 2021-09-30T16:25:24Z',
    '２021-09-30T16:25:24Z',
    '1633019124',
  ],
  // A leap second where there can be none.
  leap: ['2021-09-30T16:25:60Z', '2021-09-29T23:59:60Z', '2021-09-30T23:59:60.5+01:00'],
} as const

/** Mostly from `good`; seldom from the rest, so that most messages have few faults. */
function choose(
  random: Random,
  pool: Record<string, readonly string[]> & { readonly good: readonly string[] },
): string {
  if (random.chance(0.97)) return random.pick(pool.good)
  return random.pick(Object.values(pool).flat())
}

function authority(random: Random): string {
  let text = choose(random, HOSTS)
  if (random.chance(0.1)) text = `${random.text(`${ALNUM}-._~${SUB_DELIMS}:`, 0, 8)}@${text}`
  if (random.chance(0.3)) text += `:${random.pick(['', '0', '80', '8443', '00080', '99999999'])}`
  if (random.chance(0.01)) text += random.pick([':a', '@b', ':1:2', '/path', '?q', '#f'])
  return text
}

function pchars(random: Random, extra = ''): string {
  const plain = random.text(`${ALNUM}-._~${SUB_DELIMS}:@${extra}`, 0, 10)
  return random.chance(0.3) ? `${plain}${random.pick(['%20', '%2F', '%ff', '%00', '%E2%82%AC'])}` : plain
}

function uri(random: Random): string {
  if (random.chance(0.01))
    return random.pick(['', ':', '//a.b', '/p', '1a:b', 'no-scheme', 'a b:c', 'http//x', ' https://x'])
  let text = random.pick(['https:', 'http:', 'ipfs:', 'urn:', 'did:', 'x-y+z.1:', 'HTTPS:'])
  if (random.chance(0.75)) text += `//${authority(random)}${random.chance(0.6) ? `/${pchars(random, '/')}` : ''}`
  else text += random.pick(['', '/', `/a${pchars(random)}`, `a${pchars(random, '/')}`])
  if (random.chance(0.3)) text += `?${pchars(random, '/?')}`
  if (random.chance(0.3)) text += `#${pchars(random, '/?')}`
  return text
}

/** A sign-in text for Ethereum: usually a good one. */
export function generateMessage(random: Random): string {
  const bytes = random.text('0123456789abcdef', 40, 40)
  const address = getAddress(`0x${bytes}`)
  const spelled = random.chance(0.97)
    ? address
    : random.pick([
        address.toLowerCase(),
        `0x${bytes.toUpperCase()}`,
        address.slice(2),
        `0X${bytes}`,
        address.slice(0, -1),
      ])
  const lines: string[] = []
  const scheme = random.chance(0.25) ? random.pick(['https://', 'http://', 'x-y+z.1://']) : ''
  lines.push(`${scheme}${authority(random)} wants you to sign in with your Ethereum account:`, spelled, '')
  if (random.chance(0.7)) lines.push(random.text(`${ALNUM}:/?#[]@${SUB_DELIMS}-._~ `, 0, 40))
  lines.push('', `URI: ${uri(random)}`, random.chance(0.99) ? 'Version: 1' : 'Version: 2')
  lines.push(
    `Chain ID: ${random.chance(0.96) ? 1 + random.below(100_000_000) : random.pick(['0', '01', '', 'x', '-1', '1.0', '+1', '007'])}`,
  )
  lines.push(`Nonce: ${random.text(ALNUM, random.chance(0.97) ? 8 : 5, random.chance(0.98) ? 40 : 200)}`)
  lines.push(`Issued At: ${choose(random, TIMES)}`)
  if (random.chance(0.5)) lines.push(`Expiration Time: ${choose(random, TIMES)}`)
  if (random.chance(0.3)) lines.push(`Not Before: ${choose(random, TIMES)}`)
  if (random.chance(0.3)) lines.push(`Request ID: ${pchars(random)}`)
  if (random.chance(0.3)) {
    lines.push('Resources:')
    for (let left = random.below(4); left > 0; left--) lines.push(`- ${uri(random)}`)
  }
  return lines.join('\n')
}

const STRANGE = [
  ' ',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '%',
  '%4',
  '%41',
  '"',
  ':',
  '/',
  '//',
  '@',
  '[',
  ']',
  '#',
  '?',
  '-',
  '- ',
  '.',
  '\0',
  '\x7f',
  'é',
  'А',
  '\u00a0',
  '\u2028',
  '\ufeff',
  '😀',
  '０',
  '\\',
  '^',
  '`',
  '{',
  '|',
  '<',
  '0',
  '9',
  'a',
  'Z',
  '~',
  '://',
  '::',
] as const

type Mutation = (text: string, random: Random) => string

const onLines =
  (change: (lines: string[], at: number, random: Random) => void): Mutation =>
  (text, random) => {
    const lines = text.split('\n')
    change(lines, random.below(lines.length), random)
    return lines.join('\n')
  }
const onLine = (change: (line: string, random: Random) => string): Mutation =>
  onLines((lines, at, random) => {
    lines[at] = change(lines[at] ?? '', random)
  })
const onCharacter =
  (removed: number, added: (character: string, random: Random) => string): Mutation =>
  (text, random) => {
    const at = random.below(text.length)
    return text.slice(0, at) + added(text.slice(at, at + 1), random) + text.slice(at + removed)
  }

const otherCase = (text: string) => (text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase())

const MUTATIONS: readonly Mutation[] = [
  onLines((lines, at) => lines.splice(at, 1)),
  onLines((lines, at) => lines.splice(at, 0, lines[at] ?? '')),
  onLines((lines, at) => lines.splice(at, 0, '')),
  onLines((lines, at, random) => {
    const other = random.below(lines.length)
    const [a = '', b = ''] = [lines[at], lines[other]]
    lines[at] = b
    lines[other] = a
  }),
  onLines((lines, at, random) =>
    lines.splice(at, 0, random.pick(['X-Field: 1', 'Chain ID: 1', 'Resources:', '- https://a', 'URI: a:'])),
  ),
  onLine((line) => `${line} `),
  onLine((line) => ` ${line}`),
  onLine((line) => `${line}\r`),
  onLine((line) => line.replace(': ', ':')),
  onLine((line) => line.replace(': ', ':  ')),
  onLine((line) => line.replace(': ', '\t: ')),
  onLine((line) => otherCase(line)),
  onLine((line) => line.slice(0, line.indexOf(':') + 1)),
  onLine((line) => line.slice(0, line.indexOf(':') + 2)),
  (text) => text.replaceAll('\n', '\r\n'),
  (text, random) =>
    text + random.pick(['\n', '\r\n', ' ', '\n\n', '\nX: 1', '\n- https://a.b', '\nResources:', '\nRequest ID: 1']),
  (text, random) => random.pick(['\n', ' ', '\ufeff', 'https://', 'x:']) + text,
  (text, random) => text.slice(0, random.below(text.length)),
  (text, random) => text.slice(random.below(20)),
  (text) => text.replace('\n\n\n', '\n\n'),
  (text) => text.replace('\n\n', '\n\n\n'),
  (text) => text.replace(/[0-9]{4}-[0-9]{2}-[0-9]{2}/, (date) => date.replaceAll('-', '/')),
  (text, random) => text.replace(/[0-9]{4}-[0-9]{2}-[0-9]{2}[^\n]*/, () => random.pick(Object.values(TIMES).flat())),
  (text, random) => text.replace(/(?<=\/\/)[^/?#\n ]*/, () => random.pick(Object.values(HOSTS).flat())),
  (text, random) => text.replace(/^[^ ]*/, () => random.pick(Object.values(HOSTS).flat())),
  (text, random) => text.replace(/(?<=Nonce: )[^\n]*/, () => random.text(`${ALNUM}-_`, 0, 12)),
  (text, random) => text.replace(/(?<=Chain ID: )/, () => random.pick(['0', '1', '-', ' ', 'eip155:'])),
  (text, random) => text.replace(/%[0-9a-fA-F]{2}/, () => random.pick(['%', '%4', '%g0', '%0g', '%25', '%%41'])),
  onCharacter(1, () => ''),
  onCharacter(1, (character) => otherCase(character)),
  onCharacter(1, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0').slice(0, 2)}`),
  onCharacter(1, (_, random) => random.pick(STRANGE)),
  onCharacter(0, (_, random) => random.pick(STRANGE)),
  onCharacter(0, (_, random) => random.pick(STRANGE)),
]

export function mutate(text: string, random: Random): string {
  return text === '' ? text : random.pick(MUTATIONS)(text, random)
}

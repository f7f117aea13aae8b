import { describe, expect, it } from 'vitest'
import { MESSAGE_REFUSALS, type MessageRefusal } from '../../../core/messages/message-refusals.ts'
import { createSignInMessageParser, MAX_MESSAGE_LENGTH } from '../../../core/messages/parse-sign-in-message.ts'
import { STRICT } from '../../../core/messages/sign-in-message.ts'
import {
  ADDRESS,
  change,
  dropLine,
  ethereum,
  expectRefused,
  FULL,
  parseStrict,
  refusalOf,
  SOLANA,
  SOLANA_ADDRESS,
} from './fixtures.ts'

describe('ERC-4361 Message Format', () => {
  it('reads every field as written', () => {
    expect(parseStrict(FULL)).toEqual({
      namespace: 'eip155',
      scheme: 'https',
      domain: 'app.example.com:8443',
      address: ADDRESS,
      statement: 'Sign in to Example. Terms: https://example.com/tos?v=1',
      uri: 'https://app.example.com/login?next=%2Fhome#top',
      version: '1',
      chainId: '8453',
      nonce: '0123456789abcdef',
      issuedAt: '2026-06-22T10:00:00.000Z',
      expirationTime: '2026-06-22T10:05:00.000Z',
      notBefore: '2026-06-22T09:59:00Z',
      requestId: 'req-1',
      resources: [
        'ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/',
        'https://example.com/my-web2-claim.json',
      ],
    })
  })

  it('reads the optional fields as null when they are absent', () => {
    const text = FULL.slice(0, FULL.indexOf('\nExpiration'))
      .replace('https://app', 'app')
      .replace(/Sign in to Example.*\n/, '')
    const { scheme, statement, expirationTime, notBefore, requestId, resources } = parseStrict(text)
    expect([scheme, statement, expirationTime, notBefore, requestId, resources]).toEqual(Array(6).fill(null))
  })

  it('tells an empty statement, request id and list of resources from absent ones', () => {
    const text = change(change(FULL, 'Sign in to Example. Terms: https://example.com/tos?v=1', ''), 'req-1', '')
    const message = parseStrict(text.slice(0, text.indexOf('\n- ')))
    expect([message.statement, message.requestId, message.resources]).toEqual(['', '', []])
  })

  it('takes a statement that looks like a field for a statement', () => {
    const text = change(FULL, 'Sign in to Example. Terms: https://example.com/tos?v=1', 'URI: https://evil.example')
    const message = parseStrict(text)
    expect([message.statement, message.uri]).toEqual([
      'URI: https://evil.example',
      'https://app.example.com/login?next=%2Fhome#top',
    ])
  })
})

const HEADER = 'https://app.example.com:8443 wants you to sign in with your Ethereum account:'
const STATEMENT = 'Sign in to Example. Terms: https://example.com/tos?v=1'
const long = (length: number) => 'a'.repeat(length)

const CASES: readonly (readonly [clause: string, changed: string, reason: MessageRefusal])[] = [
  ['header: other words', change(FULL, 'wants you', 'asks you'), 'header_malformed'],
  ['header: other letter case', change(FULL, 'Ethereum', 'ethereum'), 'header_malformed'],
  ['header: a chain nobody knows', change(FULL, 'Ethereum', 'Bitcoin'), 'header_malformed'],
  ['header: text after the colon', change(FULL, 'account:\n', 'account: \n'), 'header_malformed'],
  ['header: carriage return', change(FULL, 'account:\n', 'account:\r\n'), 'header_malformed'],
  ['header: line before it', `\n${FULL}`, 'header_malformed'],
  ['header: byte order mark', `\uFEFF${FULL}`, 'scheme_malformed'],
  ['scheme: starts with a digit', change(FULL, `${HEADER}`, `1${HEADER}`), 'scheme_malformed'],
  ['scheme: empty', change(FULL, 'https://app.example.com:', '://app.example.com:'), 'scheme_malformed'],
  ['domain: empty', change(FULL, 'https://app.example.com:8443 ', ' '), 'domain_malformed'],
  ['domain: empty after a scheme', change(FULL, 'app.example.com:8443', ''), 'domain_malformed'],
  ['domain: with a path', change(FULL, 'com:8443', 'com/login'), 'domain_malformed'],
  ['domain: with a space', change(FULL, 'com:8443', 'com evil.example'), 'domain_malformed'],
  ['domain: not ASCII', change(FULL, 'com:8443', 'cоm'), 'domain_malformed'],
  ['domain: port is no number', change(FULL, 'com:8443', 'com:84a3'), 'domain_malformed'],
  ['domain: bad percent-encoding', change(FULL, 'com:8443', 'com%2'), 'domain_malformed'],
  ['domain: two schemes', change(FULL, 'app.example.com:8443', 'https://app.example.com'), 'domain_malformed'],
  [
    'domain: header words twice',
    change(FULL, 'com:8443', `com:8443 wants you to sign in with your Ethereum account: x`),
    'domain_malformed',
  ],
  ['address: missing', dropLine(FULL, ADDRESS), 'address_malformed'],
  ['address: without 0x', change(FULL, ADDRESS, ADDRESS.slice(2)), 'address_malformed'],
  ['address: 0X', change(FULL, ADDRESS, `0X${ADDRESS.slice(2)}`), 'address_malformed'],
  ['address: 39 digits', change(FULL, ADDRESS, ADDRESS.slice(0, -1)), 'address_malformed'],
  ['address: 41 digits', change(FULL, ADDRESS, `${ADDRESS}0`), 'address_malformed'],
  ['address: no hex', change(FULL, ADDRESS, `${ADDRESS.slice(0, -1)}g`), 'address_malformed'],
  ['address: space after it', change(FULL, ADDRESS, `${ADDRESS} `), 'address_malformed'],
  ['address: of the other chain', change(FULL, ADDRESS, SOLANA_ADDRESS), 'address_malformed'],
  ['address: 16 000 characters', change(FULL, ADDRESS, `0x${'0'.repeat(15_000)}`), 'address_malformed'],
  ['address: EIP-55, all lower case', change(FULL, ADDRESS, ADDRESS.toLowerCase()), 'address_malformed'],
  ['address: EIP-55, one wrong case', change(FULL, ADDRESS, ADDRESS.replace('C02a', 'c02a')), 'address_malformed'],
  ['blank line after the address: missing', change(FULL, `${ADDRESS}\n\n`, `${ADDRESS}\n`), 'blank_line_missing'],
  ['blank line after the address: a space', change(FULL, `${ADDRESS}\n\n`, `${ADDRESS}\n \n`), 'blank_line_missing'],
  ['statement: two lines', change(FULL, 'Example. Terms', 'Example.\nTerms'), 'statement_malformed'],
  ['statement: no blank line after it', change(FULL, `${STATEMENT}\n`, STATEMENT), 'statement_malformed'],
  ['statement: carriage return', change(FULL, 'Example. Terms', 'Example.\rTerms'), 'statement_malformed'],
  ['statement: not ASCII', change(FULL, 'Example. Terms', 'Exämple. Terms'), 'statement_malformed'],
  ['statement: tab', change(FULL, 'Example. Terms', 'Example.\tTerms'), 'statement_malformed'],
  ['statement: NUL', change(FULL, 'Example. Terms', 'Example.\u0000Terms'), 'statement_malformed'],
  ['statement: quotation mark', change(FULL, 'Example. Terms', '"Example". Terms'), 'statement_malformed'],
  ['statement: percent', change(FULL, 'Example. Terms', '100% Example'), 'statement_malformed'],
  ['statement: missing with one blank line', change(FULL, `${STATEMENT}\n\n`, ''), 'statement_malformed'],
  ['statement: three empty lines and one more', change(FULL, STATEMENT, '\n'), 'uri_missing'],
  ['URI: missing', dropLine(FULL, 'URI: '), 'uri_missing'],
  ['URI: title in lower case', change(FULL, 'URI: ', 'Uri: '), 'uri_missing'],
  ['URI: no space after the colon', change(FULL, 'URI: ', 'URI:'), 'uri_missing'],
  ['URI: empty', change(FULL, 'URI: https://app.example.com/login?next=%2Fhome#top', 'URI: '), 'uri_malformed'],
  ['URI: two spaces', change(FULL, 'URI: ', 'URI:  '), 'uri_malformed'],
  ['URI: space at the end', change(FULL, '#top', '#top '), 'uri_malformed'],
  ['URI: no scheme', change(FULL, 'URI: https:', 'URI: '), 'uri_malformed'],
  ['URI: two fragments', change(FULL, '#top', '#top#top'), 'uri_malformed'],
  ['URI: bad percent-encoding', change(FULL, '%2F', '%2'), 'uri_malformed'],
  [
    'URI: zero-padded IPv4 in IPv6',
    change(FULL, 'URI: https://app.example.com', 'URI: https://[::01.2.3.4]'),
    'uri_malformed',
  ],
  ['URI: carriage return', change(FULL, '#top', '#top\r'), 'uri_malformed'],
  ['URI: twice', change(FULL, 'Version: 1', 'URI: uri:\nVersion: 1'), 'version_missing'],
  ['Version: missing', dropLine(FULL, 'Version: '), 'version_missing'],
  ['Version: before URI', change(dropLine(FULL, 'Version: '), 'URI: ', 'Version: 1\nURI: '), 'uri_missing'],
  ['Version: 2', change(FULL, 'Version: 1', 'Version: 2'), 'version_unsupported'],
  ['Version: 1.0', change(FULL, 'Version: 1', 'Version: 1.0'), 'version_unsupported'],
  ['Version: 01', change(FULL, 'Version: 1', 'Version: 01'), 'version_unsupported'],
  ['Version: empty', change(FULL, 'Version: 1', 'Version: '), 'version_unsupported'],
  ['Chain ID: missing', dropLine(FULL, 'Chain ID: '), 'chain_id_missing'],
  ['Chain ID: empty', change(FULL, '8453', ''), 'chain_id_malformed'],
  ['Chain ID: no number', change(FULL, '8453', 'mainnet'), 'chain_id_malformed'],
  ['Chain ID: hexadecimal', change(FULL, '8453', '0x2105'), 'chain_id_malformed'],
  ['Chain ID: sign', change(FULL, '8453', '+8453'), 'chain_id_malformed'],
  ['Chain ID: fraction', change(FULL, '8453', '8453.0'), 'chain_id_malformed'],
  ['Chain ID: leading zero', change(FULL, '8453', '08453'), 'chain_id_malformed'],
  ['Chain ID: 33 digits', change(FULL, '8453', '1'.repeat(33)), 'chain_id_malformed'],
  ['Chain ID: CAIP-2', change(FULL, '8453', 'eip155:8453'), 'chain_id_malformed'],
  ['Nonce: missing', dropLine(FULL, 'Nonce: '), 'nonce_missing'],
  ['Nonce: seven characters', change(FULL, '0123456789abcdef', '0123456'), 'nonce_malformed'],
  ['Nonce: 129 characters', change(FULL, '0123456789abcdef', long(129)), 'nonce_malformed'],
  ['Nonce: hyphen', change(FULL, '0123456789abcdef', '01234567-89abcdef'), 'nonce_malformed'],
  ['Nonce: NUL', change(FULL, '0123456789abcdef', '01234567\u0000'), 'nonce_malformed'],
  ['Nonce: space', change(FULL, '0123456789abcdef', '01234567 '), 'nonce_malformed'],
  ['Nonce: not ASCII', change(FULL, '0123456789abcdef', '０1234567'), 'nonce_malformed'],
  ['Issued At: missing', dropLine(FULL, 'Issued At: '), 'issued_at_missing'],
  ['Issued At: no RFC 3339', change(FULL, '10:00:00.000Z', '10:00Z'), 'issued_at_malformed'],
  ['Issued At: 30 February', change(FULL, '2026-06-22T10:00:00.000Z', '2026-02-30T10:00:00Z'), 'issued_at_malformed'],
  ['Issued At: empty', change(FULL, '2026-06-22T10:00:00.000Z', ''), 'issued_at_malformed'],
  ['Expiration Time: no RFC 3339', change(FULL, '2026-06-22T10:05:00.000Z', 'never'), 'expiration_time_malformed'],
  ['Expiration Time: empty', change(FULL, '2026-06-22T10:05:00.000Z', ''), 'expiration_time_malformed'],
  ['Not Before: no RFC 3339', change(FULL, '2026-06-22T09:59:00Z', '2026-06-22'), 'not_before_malformed'],
  ['Not Before: before Expiration Time', swapLines(FULL, 'Expiration Time', 'Not Before'), 'trailing_content'],
  ['Request ID: space', change(FULL, 'req-1', 'req 1'), 'request_id_malformed'],
  ['Request ID: slash', change(FULL, 'req-1', 'req/1'), 'request_id_malformed'],
  ['Request ID: bad percent-encoding', change(FULL, 'req-1', 'req%1'), 'request_id_malformed'],
  ['Request ID: twice', change(FULL, 'Resources:', 'Request ID: req-2\nResources:'), 'trailing_content'],
  ['Resources: space after the title', change(FULL, 'Resources:', 'Resources: '), 'trailing_content'],
  ['Resources: no hyphen', change(FULL, '- ipfs', 'ipfs'), 'trailing_content'],
  ['Resources: no URI', change(FULL, '- ipfs://', '- /'), 'resource_malformed'],
  ['Resources: empty item', change(FULL, '\n- https', '\n- \n- https'), 'resource_malformed'],
  ['Resources: blank line', change(FULL, '\n- https', '\n\n- https'), 'trailing_content'],
  ['Resources: a field after them', `${dropLine(FULL, 'Request ID: ')}\nRequest ID: req-1`, 'trailing_content'],
  ['end: line feed', `${FULL}\n`, 'trailing_content'],
  ['end: unknown field', `${FULL}\nX-Field: 1`, 'trailing_content'],
  ['end: space', `${FULL} `, 'resource_malformed'],
  ['unknown field between others', change(FULL, 'Nonce:', 'X-Field: 1\nNonce:'), 'nonce_missing'],
  ['blank line between fields', change(FULL, '\nNonce:', '\n\nNonce:'), 'nonce_missing'],
  ['text: a high surrogate alone', change(FULL, 'Example. Terms', '\uD83D'), 'ill_formed_text'],
  ['text: a low surrogate alone', change(FULL, 'Example. Terms', '\uDE00\uD83D'), 'ill_formed_text'],
  ['text: too long', `${FULL}\n- uri:${long(MAX_MESSAGE_LENGTH - FULL.length - 6)}`, 'too_long'],
]

function swapLines(text: string, first: string, second: string): string {
  const lines = text.split('\n')
  const i = lines.findIndex((line) => line.startsWith(first))
  const j = lines.findIndex((line) => line.startsWith(second))
  const [a, b] = [lines[i], lines[j]]
  if (a === undefined || b === undefined) throw new Error('no such lines')
  return lines.with(i, b).with(j, a).join('\n')
}

describe('ERC-4361 refuses', () => {
  it.each(CASES)('%s', (_clause, changed, reason) => expectRefused(FULL, changed, reason))

  it('for every reason there is', () => {
    expect(new Set(CASES.map(([, , reason]) => reason))).toEqual(new Set(MESSAGE_REFUSALS))
  })
})

describe('ERC-4361 accepts at the bound', () => {
  it.each([
    ['Nonce: eight characters', change(FULL, '0123456789abcdef', 'aZ019999')],
    ['Nonce: 128 characters', change(FULL, '0123456789abcdef', long(128))],
    ['Chain ID: 0', change(FULL, '8453', '0')],
    ['Chain ID: 32 digits', change(FULL, '8453', '1'.repeat(32))],
    ['text: the longest', `${FULL}\n- uri:${long(MAX_MESSAGE_LENGTH - FULL.length - 7)}`],
    ['statement: every allowed punctuation mark', change(FULL, 'Example.', ":/?#[]@!$&'()*+,;=-._~ ")],
    ['domain: IPv6 with port', change(FULL, 'app.example.com:8443', '[2001:db8::1]:8443')],
    ['domain: userinfo', change(FULL, 'app.example.com:8443', 'user:pw@app.example.com')],
  ])('%s', (_clause, text) => expect(refusalOf(text)).toBeNull())
})

describe('CAIP-122 for Solana', () => {
  it('reads the same layout', () => {
    const { namespace, address, chainId, statement, nonce } = parseStrict(SOLANA)
    expect({ namespace, address, chainId, statement, nonce }).toEqual({
      namespace: 'solana',
      address: SOLANA_ADDRESS,
      chainId: 'mainnet',
      statement: 'Sign in to Example.',
      nonce: '0123456789abcdef',
    })
  })

  it('has no chain id when the line is absent', () => {
    expect(parseStrict(dropLine(SOLANA, 'Chain ID: ')).chainId).toBeNull()
  })

  it.each(['solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp', '101', 'Solana Mainnet', long(41)])(
    'takes the chain id %s as written',
    (id) => expect(parseStrict(change(SOLANA, 'mainnet', id)).chainId).toBe(id),
  )

  it.each([
    ['address: of Ethereum', change(SOLANA, SOLANA_ADDRESS, ADDRESS), 'address_malformed'],
    [
      'address: a character base58 lacks',
      change(SOLANA, SOLANA_ADDRESS, `0${SOLANA_ADDRESS.slice(1)}`),
      'address_malformed',
    ],
    ['Chain ID: 42 characters', change(SOLANA, 'mainnet', long(42)), 'chain_id_malformed'],
    ['Chain ID: empty', change(SOLANA, 'mainnet', ''), 'chain_id_malformed'],
    ['Chain ID: not ASCII', change(SOLANA, 'mainnet', 'mаinnet'), 'chain_id_malformed'],
    ['Chain ID: control character', change(SOLANA, 'mainnet', 'main\u0000net'), 'chain_id_malformed'],
    ['Nonce: missing', dropLine(SOLANA, 'Nonce: '), 'nonce_missing'],
    ['end: line feed', `${SOLANA}\n`, 'trailing_content'],
  ] as const)('refuses %s', (_clause, changed, reason) => expectRefused(SOLANA, changed, reason))
})

it('refuses an address shorter than its canonical form, even where the chain would take it', () => {
  const lax = {
    ...ethereum,
    parseAddress: (text: string) => ethereum.parseAddress(text) ?? ethereum.parseAddress(`0x${text}`),
  }
  const parseLax = createSignInMessageParser([{ ...lax, isCanonicalSpelling: () => true }])
  expect(parseLax(FULL, STRICT)).toEqual(parseStrict(FULL))
  expect(() => parseLax(change(FULL, ADDRESS, ADDRESS.slice(2)), STRICT)).toThrow('address_malformed')
})

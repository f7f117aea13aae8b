import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatSignInMessage } from '../../../core/messages/format-sign-in-message.ts'
import type { SignInMessage } from '../../../core/messages/sign-in-message.ts'
import { isAuthority, isScheme, isUri } from '../../../core/messages/uri.ts'
import { change, FULL, parseStrict, refusalOf } from './fixtures.ts'

const folder = process.env['VECTORS_DIR']
if (folder === undefined) process.emitWarning('SKIPPED: the vectors of spruceid/siwe, because VECTORS_DIR is not set')

/** The named cases of one file, or none without the folder; a file with another number of cases fails. */
function cases<T>(file: string, count: number): [string, T][] {
  if (folder === undefined) return []
  const entries = Object.entries(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, T>)
  if (entries.length !== count) throw new Error(`${file} has ${entries.length} cases, not ${count}`)
  return entries.map(([name, value], index) => [`${index + 1}: ${name}`, value])
}

type Fields = Record<string, unknown>

const present = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))

function inVectorShape(message: SignInMessage): Fields {
  const { namespace: _, chainId, ...fields } = message
  return present({ ...fields, chainId: Number(chainId) })
}

/** A vector's fields as text, each missing field left out together with its line. */
function textOf(fields: Fields): string {
  const line = (title: string, value: unknown) => (value === undefined ? [] : [`${title}${String(value)}`])
  const { resources } = fields
  return [
    `${fields['domain'] ?? ''} wants you to sign in with your Ethereum account:`,
    ...line('', fields['address']),
    '',
    ...line('', fields['statement']),
    '',
    ...line('URI: ', fields['uri']),
    ...line('Version: ', fields['version']),
    ...line('Chain ID: ', fields['chainId']),
    ...line('Nonce: ', fields['nonce']),
    ...line('Issued At: ', fields['issuedAt']),
    ...line('Expiration Time: ', fields['expirationTime']),
    ...line('Not Before: ', fields['notBefore']),
    ...line('Request ID: ', fields['requestId']),
    ...(Array.isArray(resources) ? ['Resources:', ...resources.map((resource) => `- ${resource}`)] : []),
  ].join('\n')
}

/** Vectors we decide otherwise, on purpose: RFC 3986 §3.2.2 has no zero-padded octets (decision 0002). */
const REFUSED_HERE = [
  'IPv4address leading zeros: uri://[::000.000.010.001]',
  'IPv4address max value: uri://[::001.099.200.255]',
]

describe.skipIf(folder === undefined)('spruceid/siwe vectors', () => {
  describe('parsing_positive', () => {
    it.each(cases<{ message: string; fields: Fields }>('siwe_parsing_positive.json', 19))('%s', (_, vector) => {
      const message = parseStrict(vector.message)
      expect(inVectorShape(message)).toEqual(present(vector.fields))
      expect(formatSignInMessage(message)).toBe(vector.message)
    })
  })

  describe('parsing_negative', () => {
    it.each(cases<string>('siwe_parsing_negative.json', 29))('%s', (_, text) => expect(refusalOf(text)).not.toBeNull())
  })

  describe('parsing_negative_objects', () => {
    const REASONS: Record<string, string> = {
      'missing domain': 'domain_malformed',
      'missing address': 'address_malformed',
      'missing uri': 'uri_missing',
      'missing version': 'version_missing',
      'missing chainId': 'chain_id_missing',
      'missing nonce': 'nonce_missing',
      'missing issuedAt': 'issued_at_missing',
      'domain not RFC4501 authority': 'domain_malformed',
      'address not EIP-55': 'address_malformed',
      'uri is non-RFC 3986': 'uri_malformed',
      'version not 1': 'version_unsupported',
      'not a valid chainId': 'chain_id_malformed',
      'nonce with less then 8 chars': 'nonce_malformed',
      'non-ISO 8601 issuedAt': 'issued_at_malformed',
      'non-ISO 8601 expirationTime': 'expiration_time_malformed',
      'non-ISO 8601 notBefore': 'not_before_malformed',
      'first resource not-RFC 3986': 'resource_malformed',
      'second resource is not-RFC3986': 'resource_malformed',
    }
    it.each(cases<Fields>('siwe_parsing_negative_objects.json', 18))('%s', (name, fields) => {
      expect(refusalOf(textOf(fields))).toBe(REASONS[name.replace(/^\d+: /, '')])
    })
  })

  describe('eip1271: the texts', () => {
    it.each(cases<{ message: string }>('siwe_eip1271.json', 2))('%s', (_, vector) => {
      expect(refusalOf(vector.message)).toBeNull()
    })
  })

  describe('siwe 3 valid_specification', () => {
    it.each(cases<{ msg: string; items: Fields }>('siwe3_valid_specification.json', 9))('%s', (_, { msg, items }) => {
      expect(parseStrict(msg)).toMatchObject(items)
      expect(formatSignInMessage(parseStrict(msg))).toBe(msg)
    })
  })

  describe('siwe 3 valid_uris', () => {
    const all = cases<{ msg: string }>('siwe3_valid_uris.json', 36)
    const isRefusedHere = (name: string) => REFUSED_HERE.includes(name.replace(/^\d+: /, ''))

    it.each(all.filter(([name]) => !isRefusedHere(name)))('%s', (_, { msg }) => expect(refusalOf(msg)).toBeNull())
    it.each(all.filter(([name]) => isRefusedHere(name)))('departs: %s', (_, { msg }) => {
      expect(refusalOf(msg)).toBe('uri_malformed')
    })
    it('departs nowhere else', () => {
      expect(all.filter(([name]) => isRefusedHere(name))).toHaveLength(REFUSED_HERE.length)
    })
  })

  describe('siwe 3 invalid_uris', () => {
    it.each(cases<string>('siwe3_invalid_uris.json', 16))('%s', (_, text) =>
      expect(refusalOf(text)).toBe('uri_malformed'),
    )
  })

  describe('siwe 3 valid_resources', () => {
    it.each(cases<{ msg: string; resources: string[] }>('siwe3_valid_resources.json', 8))(
      '%s',
      (_, { msg, resources }) => {
        expect(parseStrict(msg).resources).toEqual(resources)
      },
    )
  })

  describe('siwe 3 invalid_resources', () => {
    it.each(cases<string>('siwe3_invalid_resources.json', 16))('%s', (_, text) => {
      expect(refusalOf(text)).toBe('resource_malformed')
    })
  })

  describe('siwe 3 characters', () => {
    // Each rule of the grammar where only that rule can decide.
    const RULES: Record<string, (text: string) => boolean> = {
      scheme: (text) => isScheme(text),
      statement: (text) => refusalOf(change(FULL, 'Sign in to Example.', text)) === null,
      'pct-encoded': (text) => isUri(`uri:${text}`),
      userinfo: (text) => isAuthority(`${text}@host`),
      IPvFuture: (text) => isAuthority(`[${text.startsWith('v') ? text : `v1.a${text}`}]`),
      'reg-name': (text) => isAuthority(`user@${text}`),
      'segment-nz': (text) => refusalOf(change(FULL, 'req-1', text)) === null,
      fragment: (text) => isUri(`uri:#${text}`),
    }
    const characters = [
      ...cases<{ rule: string; input: string; answer: boolean }>('siwe3_valid_chars.json', 8),
      ...cases<{ rule: string; input: string; answer: boolean }>('siwe3_invalid_chars.json', 40),
    ]
    it.each(characters)('%s', (_, { rule, input, answer }) => {
      const judge = RULES[rule]
      if (judge === undefined) throw new Error(`no such rule: ${rule}`)
      expect(judge(input)).toBe(answer)
    })
  })
})

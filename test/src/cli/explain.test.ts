import { getBytes, hashMessage, id, Signature } from 'ethers'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import type { Dialect } from '../../../src/cli/explain/dialects.ts'
import { HINTS, type HintCode } from '../../../src/cli/explain/hints.ts'
import { EDITS, type Edit } from '../../../src/cli/explain/near-texts.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'
import { ORIGIN } from '../../support/origin.ts'
import { freePort } from '../../support/redis-server.ts'
import {
  type Departure,
  DOMAIN,
  type EthereumSigner,
  ExplainKit,
  ethereum,
  MINUTE_MS,
  type Signer,
  type SolanaSigner,
  STATEMENT,
  solana,
} from './explain-kit.ts'

let kit: ExplainKit
beforeAll(async () => {
  kit = await ExplainKit.open(inject('redisUrl'))
})
afterAll(() => kit?.close())

const DOORS = [
  { dialect: '4mica', chain: 'Ethereum', newSigner: ethereum },
  { dialect: 'moonkey', chain: 'Ethereum', newSigner: ethereum },
  { dialect: 'moonkey', chain: 'Solana', newSigner: solana },
  { dialect: 'walletkit', chain: 'Ethereum', newSigner: ethereum },
  { dialect: 'walletkit', chain: 'Solana', newSigner: solana },
] as const satisfies readonly { readonly dialect: Dialect; readonly chain: string; readonly newSigner: () => Signer }[]

describe('what is accepted', () => {
  it.each(DOORS)(
    'on $chain, in $dialect, is accepted by the server afterwards: a look takes no nonce',
    async ({ dialect, newSigner }) => {
      const signer = newSigner()
      const signIn = await kit.prepare(dialect, signer)
      for (let look = 0; look < 2; look += 1) {
        const explained = await kit.explain(signIn)
        expect(explained).toMatchObject({
          outcome: 'accepted',
          refusal: null,
          also: [],
          hints: [],
          notes: [],
          exitCode: 0,
        })
        expect(explained.account.kind).toBe('key')
        expect(explained.signature.form).toBe(signer.type === 'ethereum' ? 'personal_sign' : 'plain')
        expect(explained.checks.map(({ isRight }) => isRight)).toEqual(Array(10).fill(true))
      }
      expect(await kit.signIn(signIn)).toBe('accepted')
      expect(await kit.signIn(signIn)).toBe('challenge_unusable: nonce_unknown')
    },
  )

  it.each(DOORS.filter(({ dialect }) => dialect === 'moonkey'))(
    'as a MoonKey challenge on $chain',
    async ({ newSigner }) => {
      const signer = newSigner()
      const text = await kit.challengeFor(signer)
      const signIn = {
        dialect: 'moonkey',
        type: signer.type,
        text,
        signature: await signer.sign(text),
        address: signer.address,
      } as const
      expect(await kit.explain(signIn)).toMatchObject({
        outcome: 'accepted',
        form: 'challenge',
        message: null,
        hints: [],
      })
      expect(await kit.signIn(signIn)).toBe('accepted')
    },
  )

  it.each([
    [
      'off_chain_message',
      (signer: SolanaSigner, text: string) => {
        const header = [Buffer.from('\xffsolana offchain\x01\x01', 'latin1'), signer.keypair.publicKey.toBuffer()]
        return Buffer.from(signer.signBytes(Buffer.concat([...header, Buffer.from(text)]))).toString('base64')
      },
    ],
    ['memo_transaction', (signer: SolanaSigner, text: string) => signer.signMemo(text)],
  ])('as a Solana %s, by name', async (form, sign) => {
    const signer = solana()
    const signIn = await kit.prepare('walletkit', signer, { sign: (text) => sign(signer, text) })
    expect(await kit.explain(signIn)).toMatchObject({ outcome: 'accepted', signature: { form } })
    expect(await kit.signIn(signIn)).toBe('accepted')
  })
})

interface Failure {
  readonly title: string
  readonly dialect: Dialect
  readonly signer?: () => Signer
  /** What goes wrong. */
  readonly because: (signer: never, kit: ExplainKit) => Departure | Promise<Departure>
  /** Code and reason of the log line. */
  readonly refusal: string
  /** What is behind it. Nothing more than these. */
  readonly hints?: readonly HintCode[]
  readonly edits?: readonly Edit[]
  /** What would also refuse it. */
  readonly also?: readonly string[]
}

const at = (milliseconds: number) => new Date(kit.now.getTime() + milliseconds).toISOString()
const replace = (from: string | RegExp, to: string) => (text: string) => text.replace(from, to)
const hex = (signature: string) => Buffer.from(signature.slice(2), 'hex')
const LINE = (title: string) => new RegExp(`\n${title}: [^\n]*`)

const BINDING: readonly Failure[] = [
  {
    title: 'a page of another domain',
    dialect: '4mica',
    because: () => ({ fields: { domain: 'evil.example.test' } }),
    refusal: 'binding_mismatch: domain_mismatch',
  },
  {
    title: 'an allowed domain with another scheme',
    dialect: 'walletkit',
    because: () => ({ fields: { domain: `http://${DOMAIN}` } }),
    refusal: 'binding_mismatch: domain_mismatch',
    hints: ['scheme_not_allowed'],
  },
  {
    title: 'another domain on Solana',
    dialect: 'moonkey',
    signer: solana,
    because: () => ({ fields: { domain: `${DOMAIN}:8443` } }),
    refusal: 'binding_mismatch: domain_mismatch',
  },
  {
    title: 'a URI with a slash too many',
    dialect: '4mica',
    because: () => ({ fields: { uri: `${ORIGIN}/` } }),
    refusal: 'binding_mismatch: uri_mismatch',
    hints: ['uri_slash'],
  },
  {
    title: 'a URI elsewhere',
    dialect: 'moonkey',
    because: () => ({ fields: { uri: 'https://elsewhere.example.test/login' } }),
    refusal: 'binding_mismatch: uri_mismatch',
  },
  {
    title: 'a wallet on another network',
    dialect: '4mica',
    because: () => ({ fields: { chainId: 84_532 } }),
    refusal: 'binding_mismatch: chain_id_mismatch',
  },
  {
    title: 'another statement',
    dialect: '4mica',
    because: () => ({ fields: { statement: 'Sign in.' } }),
    refusal: 'binding_mismatch: statement_mismatch',
  },
  {
    title: 'another version',
    dialect: '4mica',
    because: () => ({ built: replace('Version: 1', 'Version: 2') }),
    refusal: 'binding_mismatch: version_mismatch',
  },
  {
    title: 'a client whose clock is ahead',
    dialect: '4mica',
    because: () => ({ fields: { issuedAt: at(31_000) } }),
    refusal: 'binding_mismatch: issued_in_the_future',
    hints: ['clock_ahead'],
  },
  {
    title: 'a message that was kept too long',
    dialect: '4mica',
    because: () => ({ fields: { issuedAt: at(-301_000) } }),
    refusal: 'binding_mismatch: issued_too_long_ago',
  },
  {
    title: 'a message that has expired',
    dialect: 'walletkit',
    because: () => ({ fields: { expiration: at(0) } }),
    refusal: 'binding_mismatch: expired',
  },
  {
    title: 'a message that is not valid yet',
    dialect: 'moonkey',
    signer: solana,
    because: () => ({ fields: { notBefore: at(1) } }),
    refusal: 'binding_mismatch: not_yet_valid',
  },
  {
    title: 'a request that names another wallet than the one that signed',
    dialect: 'moonkey',
    because: () => ({ address: ethereum().address }),
    refusal: 'binding_mismatch: address_mismatch',
    hints: ['signed_by_message_address'],
    also: ['challenge_unusable: nonce_unknown', 'signature_invalid: signature_invalid'],
  },
  {
    title: 'a message for another wallet than the one that signed',
    dialect: '4mica',
    because: () => ({ fields: { address: ethereum().address } }),
    refusal: 'binding_mismatch: address_mismatch',
    hints: ['signed_by_request_address'],
  },
  {
    title: 'everything at once',
    dialect: '4mica',
    because: () => ({
      fields: { domain: 'evil.example.test', chainId: 5, statement: 'Pay.' },
      sign: () => ethereum().sign('Pay.'),
    }),
    refusal: 'binding_mismatch: chain_id_mismatch',
    hints: ['other_signer', 'contract_not_asked'],
    also: [
      'binding_mismatch: domain_mismatch',
      'binding_mismatch: statement_mismatch',
      'signature_invalid: signature_invalid',
    ],
  },
]

const CHALLENGES: readonly Failure[] = [
  {
    title: 'a nonce that was used',
    dialect: '4mica',
    because: async (signer: EthereumSigner, kit) => {
      const { nonce } = await kit.nonceFor('4mica', signer)
      expect(await kit.signIn(await kit.prepare('4mica', signer, { fields: { nonce } }))).toBe('accepted')
      return { fields: { nonce } }
    },
    refusal: 'challenge_unusable: nonce_unknown',
  },
  {
    title: 'a nonce that the client made up',
    dialect: 'walletkit',
    because: () => ({ fields: { nonce: 'k3Jd9fLq2Zx8Wv7Bn' } }),
    refusal: 'challenge_unusable: nonce_unknown',
    hints: ['nonce_not_ours'],
  },
  {
    title: 'a nonce of another wallet',
    dialect: 'moonkey',
    signer: solana,
    because: async (_signer: SolanaSigner, kit) => ({
      fields: { nonce: (await kit.nonceFor('moonkey', solana())).nonce },
    }),
    refusal: 'challenge_unusable: nonce_unknown',
  },
  {
    title: 'a nonce of another dialect',
    dialect: 'moonkey',
    because: async (signer: EthereumSigner, kit) => ({
      fields: { nonce: (await kit.nonceFor('walletkit', signer)).nonce },
    }),
    refusal: 'challenge_unusable: nonce_unknown',
    hints: ['nonce_of_another'],
  },
  {
    title: 'a nonce that has expired',
    dialect: 'walletkit',
    because: async (signer: EthereumSigner, kit) => {
      const { nonce } = await kit.nonceFor('walletkit', signer)
      kit.gateway.clock.advance(11 * MINUTE_MS)
      return { fields: { nonce } }
    },
    refusal: 'challenge_expired: challenge_expired',
  },
  {
    title: 'the user_id of somebody else',
    dialect: 'walletkit',
    signer: solana,
    because: async (_signer: SolanaSigner, kit) => ({ userId: (await kit.nonceFor('walletkit', solana())).userId }),
    refusal: 'challenge_unusable: other_user',
  },
  {
    title: 'a wallet that was suspended',
    dialect: '4mica',
    because: async (signer: EthereumSigner, kit) => {
      const { core } = kit.gateway
      const access = { role: 'user', scopes: [], status: 'suspended' }
      await core.grantWalletAccess(kit.project.id, core.parseAccount('eip155', signer.address), access)
      return {}
    },
    refusal: 'wallet_inactive: wallet_inactive',
  },
  {
    title: 'a request whose address is cut off',
    dialect: '4mica',
    because: (signer: EthereumSigner) => ({ address: signer.address.slice(0, -1) }),
    refusal: 'address_malformed: address_malformed',
  },
]

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const SIGNATURES: readonly Failure[] = [
  {
    title: 'another wallet that signs',
    dialect: '4mica',
    because: () => ({ sign: ethereum().sign }),
    refusal: 'signature_invalid: signature_invalid',
    hints: ['other_signer', 'contract_not_asked'],
  },
  {
    title: 'another Solana wallet that signs',
    dialect: 'walletkit',
    signer: solana,
    because: () => ({ sign: solana().sign }),
    refusal: 'signature_invalid: signature_invalid',
    hints: ['other_signer'],
  },
  {
    title: 'a text without the prefix of EIP-191 (eth_sign)',
    dialect: 'moonkey',
    because: ({ wallet }: EthereumSigner) => ({ sign: (text) => wallet.signingKey.sign(id(text)).serialized }),
    refusal: 'signature_invalid: signature_invalid',
    hints: ['text_without_prefix'],
  },
  {
    title: 'the hash of the text instead of the text',
    dialect: 'walletkit',
    because: ({ wallet }: EthereumSigner) => ({ sign: (text) => wallet.signMessage(getBytes(id(text))) }),
    refusal: 'signature_invalid: signature_invalid',
    hints: ['text_hashed_first'],
  },
  {
    title: 'the prefix of EIP-191 twice',
    dialect: '4mica',
    because: ({ wallet }: EthereumSigner) => ({ sign: (text) => wallet.signMessage(getBytes(hashMessage(text))) }),
    refusal: 'signature_invalid: signature_invalid',
    hints: ['text_prefixed_twice'],
  },
  {
    title: 'the hex digits of the text instead of the text',
    dialect: 'moonkey',
    because: ({ wallet }: EthereumSigner) => ({
      sign: (text) => wallet.signMessage(`0x${Buffer.from(text).toString('hex')}`),
    }),
    refusal: 'signature_invalid: signature_invalid',
    hints: ['text_altered'],
    edits: ['hex_encoded'],
  },
  {
    title: 'the high twin of a signature',
    dialect: '4mica',
    because: () => ({
      spelled: (signature) => {
        const { r, s, v } = Signature.from(signature)
        return `${r}${(ORDER - BigInt(s)).toString(16).padStart(64, '0')}${v === 27 ? '1c' : '1b'}`
      },
    }),
    refusal: 'signature_invalid: signature_invalid',
    hints: ['high_s'],
  },
  {
    title: 'a recovery byte of a transaction',
    dialect: 'walletkit',
    because: () => ({ spelled: (signature) => `${signature.slice(0, -2)}${signature.endsWith('1b') ? '25' : '26'}` }),
    refusal: 'signature_invalid: signature_invalid',
    hints: ['recovery_byte'],
  },
  {
    title: 'a recovery byte at the front',
    dialect: 'moonkey',
    because: () => ({
      // Turned round it must not look right by accident: its last byte would be another recovery byte.
      fits: (signature) => !['00', '01', '1b', '1c'].includes(signature.slice(-4, -2)),
      spelled: (signature) => `0x${signature.slice(-2)}${signature.slice(2, -2)}`,
    }),
    refusal: 'signature_invalid: signature_invalid',
    hints: ['recovery_byte_first'],
  },
  {
    title: 'a signature that was cut off',
    dialect: '4mica',
    because: () => ({ spelled: (signature) => signature.slice(0, -20) }),
    refusal: 'signature_invalid: signature_invalid',
    hints: ['length_of_no_key', 'contract_not_asked'],
  },
  {
    title: 'a signature with half a byte less',
    dialect: '4mica',
    because: () => ({ spelled: (signature) => signature.slice(0, -1) }),
    refusal: 'signature_malformed: signature_malformed',
  },
  {
    title: 'an Ethereum signature in base64',
    dialect: '4mica',
    because: () => ({ spelled: (signature) => hex(signature).toString('base64') }),
    refusal: 'signature_malformed: signature_malformed',
    hints: ['spelled_as_base64', 'spelled_right_otherwise'],
  },
  {
    title: 'a signature in quotes',
    dialect: 'walletkit',
    because: () => ({ spelled: (signature) => `"${signature}"` }),
    refusal: 'signature_malformed: signature_malformed',
    hints: ['spelled_in_quotes', 'spelled_right_otherwise'],
  },
  {
    title: 'a Solana signature in hex',
    dialect: 'moonkey',
    signer: solana,
    because: (signer: SolanaSigner) => ({
      sign: (text) => Buffer.from(signer.signBytes(Buffer.from(text))).toString('hex'),
    }),
    refusal: 'signature_malformed: signature_malformed',
    hints: ['spelled_as_hex', 'spelled_right_otherwise'],
  },
  {
    title: 'a Solana signature as a list of numbers',
    dialect: 'walletkit',
    signer: solana,
    because: (signer: SolanaSigner) => ({ sign: (text) => signer.signBytes(Buffer.from(text)).toString() }),
    refusal: 'signature_malformed: signature_malformed',
    hints: ['spelled_as_list', 'spelled_right_otherwise'],
  },
  {
    title: 'a memo transaction that could land',
    dialect: 'moonkey',
    signer: solana,
    because: (signer: SolanaSigner) => ({ sign: (text) => signer.signMemo(text, solana().address) }),
    refusal: 'signature_invalid: signature_invalid',
    hints: ['transaction_could_land'],
  },
  {
    title: 'a memo transaction of another text',
    dialect: 'walletkit',
    signer: solana,
    because: (signer: SolanaSigner) => ({ sign: () => signer.signMemo('gm') }),
    refusal: 'signature_invalid: signature_invalid',
    hints: ['packet_of_other_text'],
  },
  {
    title: 'a memo transaction that was altered',
    dialect: 'walletkit',
    signer: solana,
    because: (signer: SolanaSigner) => ({
      sign: (text) => {
        const bytes = Buffer.from(signer.signMemo(text), 'base64')
        return Buffer.concat([bytes.subarray(0, 1), signer.signBytes(Buffer.from('gm')), bytes.subarray(65)]).toString(
          'base64',
        )
      },
    }),
    refusal: 'signature_invalid: signature_invalid',
    hints: ['packet_unsigned'],
  },
]

/** Signed well, and changed on the way. */
const altered = (
  title: string,
  dialect: Dialect,
  edits: readonly Edit[],
  because: Failure['because'],
  signer: () => Signer = ethereum,
): Failure => ({
  title,
  dialect,
  signer,
  because,
  edits,
  refusal: 'signature_invalid: signature_invalid',
  hints: ['text_altered'],
})

const ALTERED: readonly Failure[] = [
  altered('line ends that became CRLF', '4mica', ['crlf_to_lf'], () => ({
    sent: (text) => text.replaceAll('\n', '\r\n'),
  })),
  altered('line ends that were CRLF', 'moonkey', ['lf_to_crlf'], ({ wallet }: EthereumSigner) => ({
    sign: (text) => wallet.signMessage(text.replaceAll('\n', '\r\n')),
  })),
  altered(
    'a final line feed that was lost',
    'walletkit',
    ['final_newline_added'],
    (signer: SolanaSigner) => ({
      sign: (text) => signer.sign(`${text}\n`),
    }),
    solana,
  ),
  altered('spaces that were trimmed away', '4mica', ['outer_space_removed'], () => ({
    sent: (text) => `  ${text} \n\n`,
  })),
  altered('an address put into lower case', 'walletkit', ['address_checksummed'], ({ address }: EthereumSigner) => ({
    sent: replace(address, address.toLowerCase()),
  })),
  altered(
    'an address put into its EIP-55 spelling',
    'moonkey',
    ['address_lower_cased'],
    ({ address, wallet }: EthereumSigner) => ({
      sign: (text) => wallet.signMessage(text.replace(address, address.toLowerCase())),
    }),
  ),
  altered(
    'an apostrophe that became typographic',
    'moonkey',
    ['quotes_straightened'],
    () => ({
      fields: { statement: "It's me." },
      sent: replace("'", '\u2019'),
    }),
    solana,
  ),
  altered('spaces that became no-break spaces', 'walletkit', ['spaces_plain'], () => ({
    sent: replace('Sign in', 'Sign\u00a0in'),
  })),
  altered('letters that were put together', 'moonkey', ['decomposed'], () => ({
    fields: { statement: 'Cafe\u0301' },
    sent: (text) => text.normalize('NFC'),
  })),
  altered('UTF-8 that was read as Windows-1252', 'walletkit', ['mojibake_repaired'], () => ({
    fields: { statement: 'It\u2019s f\u00fcr dich.' },
    sent: replace('It\u2019s f\u00fcr', 'It\u00e2\u20ac\u2122s f\u00c3\u00bcr'),
  })),
  altered('HTML entities', 'walletkit', ['html_unescaped'], () => ({
    fields: { uri: `${ORIGIN}/?a=1&b=2` },
    sent: replace('&', '&amp;'),
  })),
  altered('CRLF and a line end at the end', '4mica', ['final_newline_removed', 'crlf_to_lf'], () => ({
    sent: (text) => `${text}\n`.replaceAll('\n', '\r\n'),
  })),
]

/** Not a sign-in message at all. */
const unreadable = (
  title: string,
  dialect: Dialect,
  reason: string,
  departure: (kit: ExplainKit) => Departure,
  hints: readonly HintCode[] = ['text_built_wrong'],
  edits: readonly Edit[] | null = null,
  signer: () => Signer = ethereum,
): Failure => ({
  title,
  dialect,
  signer,
  because: (_signer, kit) => departure(kit),
  refusal: `message_malformed: ${reason}`,
  hints,
  ...(edits !== null && { edits }),
})

const SENT_WRONG: readonly HintCode[] = ['text_nearly_readable', 'text_altered']
const BUILT_WRONG: readonly HintCode[] = ['text_nearly_readable', 'text_built_wrong']

const UNREADABLE: readonly Failure[] = [
  unreadable('another first line', 'walletkit', 'header_malformed', () => ({ built: replace('sign in', 'log in') })),
  unreadable(
    'a line feed at the end',
    'moonkey',
    'trailing_content',
    () => ({ sent: (text) => `${text}\n` }),
    SENT_WRONG,
    ['final_newline_removed'],
  ),
  unreadable(
    'a line feed at the end that was signed',
    'moonkey',
    'trailing_content',
    () => ({ built: (text) => `${text}\n` }),
    BUILT_WRONG,
    null,
    solana,
  ),
  unreadable(
    'CRLF where the dialect does not know it',
    'walletkit',
    'header_malformed',
    () => ({ sent: (text) => text.replaceAll('\n', '\r\n') }),
    SENT_WRONG,
    ['crlf_to_lf'],
  ),
  unreadable(
    'line feeds escaped by a shell',
    '4mica',
    'header_malformed',
    () => ({ sent: (text) => text.replaceAll('\n', '\\n') }),
    SENT_WRONG,
    ['newlines_unescaped'],
  ),
  unreadable(
    'a JSON string with its quotes',
    'moonkey',
    'header_malformed',
    () => ({ sent: (text) => JSON.stringify(text) }),
    SENT_WRONG,
    ['json_decoded'],
  ),
  unreadable(
    'hex digits instead of the text',
    'walletkit',
    'header_malformed',
    () => ({ sent: (text) => `0x${Buffer.from(text).toString('hex')}` }),
    SENT_WRONG,
    ['hex_decoded'],
  ),
  unreadable(
    'a byte order mark',
    'moonkey',
    'domain_malformed',
    () => ({ sent: (text) => `\ufeff${text}` }),
    SENT_WRONG,
    ['byte_order_mark_removed'],
  ),
  unreadable('a chain id in hex', '4mica', 'chain_id_malformed', () => ({ fields: { chainId: '0x1' } })),
  unreadable('no chain id', 'walletkit', 'chain_id_missing', () => ({ built: replace(LINE('Chain ID'), '') })),
  unreadable(
    'no nonce',
    'moonkey',
    'nonce_missing',
    () => ({ built: replace(LINE('Nonce'), '') }),
    ['text_built_wrong'],
    null,
    solana,
  ),
  unreadable('a nonce that is too short', 'walletkit', 'nonce_malformed', () => ({ fields: { nonce: 'seven77' } })),
  unreadable('no version', 'moonkey', 'version_missing', () => ({ built: replace(LINE('Version'), '') })),
  unreadable('another version where the dialect knows one', 'walletkit', 'version_unsupported', () => ({
    built: replace('Version: 1', 'Version: 1.0'),
  })),
  unreadable('a time as people write it', '4mica', 'issued_at_malformed', () => ({
    fields: { issuedAt: 'Mon, 22 Jun 2026 10:00:00 GMT' },
  })),
  unreadable('no time', 'moonkey', 'issued_at_missing', () => ({ built: replace(LINE('Issued At'), '') })),
  unreadable(
    'an expiry in seconds',
    'walletkit',
    'expiration_time_malformed',
    () => ({ fields: { expiration: '1782122400' } }),
    ['text_built_wrong'],
    null,
    solana,
  ),
  unreadable('a start that is no day', 'moonkey', 'not_before_malformed', () => ({
    fields: { notBefore: '2026-02-30T00:00:00Z' },
  })),
  unreadable('a statement of two lines', 'walletkit', 'statement_malformed', () => ({
    fields: { statement: 'One.\nTwo.' },
  })),
  unreadable('a URI without a scheme', 'moonkey', 'uri_malformed', () => ({ fields: { uri: DOMAIN } })),
  unreadable('no URI', '4mica', 'uri_missing', () => ({ built: replace(LINE('URI'), '') })),
  unreadable(
    'an address with a digit too few',
    'walletkit',
    'address_malformed',
    () => ({ built: (text) => text.replace(/^(0x[0-9A-Fa-f]{39})[0-9A-Fa-f]$/m, '$1') }),
    [],
  ),
  unreadable('a request id with a space', 'moonkey', 'request_id_malformed', () => ({ fields: { requestId: 'a b' } })),
  unreadable('a resource that is no URI', 'walletkit', 'resource_malformed', () => ({
    built: (text) => `${text}\nResources:\n- home`,
  })),
  unreadable('fields out of order', '4mica', 'version_missing', () => ({
    built: replace(/(\nVersion: 1)(\nChain ID: 1)/, '$2$1'),
  })),
]

const FAILURES = [...BINDING, ...CHALLENGES, ...SIGNATURES, ...ALTERED, ...UNREADABLE]

describe('the right cause of each failure, and the code and reason of the server’s own log line', () => {
  it.each(FAILURES)(
    '$dialect: $title',
    async ({ dialect, signer: newSigner = ethereum, because, refusal, hints = [], edits, also = [] }) => {
      const signer = newSigner()
      const departure = await because(signer as never, kit)
      const signIn = await kit.prepare(dialect, signer, departure)
      const explained = await kit.explain(signIn)

      expect(`${explained.refusal?.code}: ${explained.refusal?.reason}`).toBe(refusal)
      expect(explained).toMatchObject({ outcome: 'refused', exitCode: 1 })
      expect(explained.hints.map(({ hint }) => hint)).toEqual(hints)
      expect(explained.signature.edits).toEqual(edits ?? null)
      expect(explained.also.map(({ code, reason }) => `${code}: ${reason}`)).toEqual(also)
      expect(await kit.signIn(signIn)).toBe(refusal)

      const { stdout } = await kit.run(...kit.argsFor(signIn))
      expect(stdout.split('\n')[0]).toMatch(/^would be refused: /)
      expect(stdout.split('\n')[0]).toContain(`${explained.refusal?.says} — ${explained.refusal?.remedy}`)
      for (const hint of hints) expect(stdout).toContain(HINTS[hint])
    },
  )

  it('are more than thirty, each its own', () => {
    const causes = new Set(
      FAILURES.map(({ refusal, hints = [], edits = [] }) => [refusal, ...hints, ...edits].join(' ')),
    )
    expect(causes.size).toBeGreaterThan(60)
    expect(new Set(FAILURES.map(({ title }) => title)).size).toBe(FAILURES.length)
  })
})

describe('what cannot be known', () => {
  it('is said of a nonce, when the store is another process’s memory', async () => {
    const signIn = await kit.prepare('walletkit', ethereum())
    vi.stubEnv('REDIS_URL', undefined)
    try {
      const explained = await kit.explain(signIn)
      expect(explained).toMatchObject({ outcome: 'accepted', hints: [], exitCode: 0 })
      expect(explained.notes.map(({ hint }) => hint)).toEqual(['nonce_assumed'])
      expect(explained.checks.find(({ field }) => field === 'nonce')?.isRight).toBeNull()
      const { stdout } = await kit.run(...kit.argsFor(signIn))
      expect(stdout).toMatch(/^would be accepted, if its nonce is live\n/)

      const known = await kit.explain(signIn, '--nonce-known', 'yes')
      expect(known).toMatchObject({ outcome: 'accepted', notes: [] })
      const spent = await kit.explain(signIn, '--nonce-known', 'no')
      expect(spent.refusal).toMatchObject({ code: 'challenge_unusable', reason: 'nonce_unknown' })
      // It cannot have been ours: no store is needed to know that.
      const foreign = await kit.explain(
        await kit.prepare('walletkit', ethereum(), { fields: { nonce: 'a'.repeat(44) } }),
      )
      expect(foreign.refusal).toMatchObject({ code: 'challenge_unusable', reason: 'nonce_unknown' })
      expect(foreign.hints.map(({ hint }) => hint)).toEqual(['nonce_not_ours'])
    } finally {
      vi.stubEnv('REDIS_URL', inject('redisUrl'))
    }
  })

  it('is no refusal, when the store is down; what can be judged still is', async () => {
    const good = await kit.prepare('4mica', ethereum())
    const bad = await kit.prepare('4mica', ethereum(), { fields: { domain: 'evil.example.test' } })
    vi.stubEnv('REDIS_URL', `redis://127.0.0.1:${await freePort()}`)
    try {
      const unknown = await kit.explain(good)
      expect(unknown).toMatchObject({ outcome: 'unchecked', also: [], exitCode: 2 })
      expect(unknown.refusal).toMatchObject({ code: 'store_unavailable', reason: 'redis_unreachable' })
      expect(unknown.signature.form).toBe('personal_sign')
      const refused = await kit.explain(bad)
      expect(refused).toMatchObject({ outcome: 'refused', exitCode: 1 })
      expect(refused.refusal?.reason).toBe('domain_mismatch')
      expect(refused.also.map(({ code }) => code)).toEqual(['store_unavailable'])
    } finally {
      vi.stubEnv('REDIS_URL', inject('redisUrl'))
    }
    expect(await kit.signIn(good)).toBe('accepted')
  })

  it('is said of the request’s address, when it is not given', async () => {
    const { dialect, text, signature } = await kit.prepare('4mica', ethereum())
    const now = kit.now.toISOString()
    const { stdout } = await kit.run(
      '--dialect',
      dialect,
      '--message',
      kit.file(text),
      '--signature',
      signature,
      '--now',
      now,
    )
    expect(stdout).toMatch(/^would be accepted\n {2}note: Without --address /)
  })

  it('is said of a text longer than any sign-in message', async () => {
    const signIn = await kit.prepare('walletkit', ethereum(), { fields: { statement: 'x'.repeat(16_400) } })
    const explained = await kit.explain(signIn)
    expect(explained.refusal).toMatchObject({ code: 'message_malformed', reason: 'too_long' })
    expect(explained.hints.map(({ hint }) => hint)).toEqual(['text_built_wrong'])
  })
})

describe('what may be a mistake beside', () => {
  it('a checksum that is wrong, though the letter case is not judged', async () => {
    const signer = ethereum()
    const other = signer.address.replace(/[a-f]/, (letter) => letter.toUpperCase())
    const explained = await kit.explain(await kit.prepare('4mica', signer, { fields: { address: other } }))
    expect(explained).toMatchObject({ outcome: 'accepted' })
    expect(explained.notes.map(({ hint }) => hint)).toEqual(['checksum_wrong'])
    expect(explained.checks[1]?.expected).toContain(`EIP-55 spells it ${signer.address}`)
  })

  it('a WalletKit nonce that was asked for another wallet', async () => {
    const [asked, signer] = [ethereum(), ethereum()]
    const { nonce } = await kit.nonceFor('walletkit', asked)
    const signIn = await kit.prepare('walletkit', signer, { fields: { nonce } })
    const explained = await kit.explain(signIn, '--address', asked.address)
    expect(explained.refusal?.reason).toBe('nonce_unknown')
    expect(explained.hints.map(({ hint }) => hint)).toEqual(['request_names_another'])
  })

  it('a signature in DER', async () => {
    const spelled = (signature: string) => {
      const integer = (digits: string) => {
        const bytes = Buffer.from(digits.replace(/^(00)+/, ''), 'hex')
        const body = (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.of(0), bytes]) : bytes
        return Buffer.concat([Buffer.of(2, body.length), body])
      }
      const { r, s } = Signature.from(signature)
      const body = Buffer.concat([integer(r.slice(2)), integer(s.slice(2))])
      return Buffer.concat([Buffer.of(0x30, body.length), body]).toString('hex')
    }
    const explained = await kit.explain(await kit.prepare('walletkit', ethereum(), { spelled }))
    expect(explained.refusal?.code).toBe('signature_invalid')
    expect(explained.hints.map(({ hint }) => hint)).toEqual(['der_encoded'])
  })

  it('takes seconds at most, for the longest text that nobody near it has signed', async () => {
    const fields = { statement: `“It's” ${'ä b\u00a0'.repeat(3_900)}` }
    for (const newSigner of [ethereum, solana]) {
      const signIn = await kit.prepare('walletkit', newSigner(), { fields, sign: newSigner().sign })
      const since = performance.now()
      expect((await kit.explain(signIn)).refusal?.code).toBe('signature_invalid')
      expect(performance.now() - since).toBeLessThan(10_000)
    }
  })
})

describe('a MoonKey challenge', () => {
  const signInWith = async (signer: Signer, text: string, by: Signer = signer) => {
    const signature = await by.sign(text)
    return { dialect: 'moonkey', type: signer.type, text, signature, address: signer.address } as const
  }

  it('that a newer one has replaced', async () => {
    const signer = ethereum()
    const signIn = await signInWith(signer, await kit.challengeFor(signer))
    await kit.challengeFor(signer)
    const explained = await kit.explain(signIn)
    expect(explained.refusal).toMatchObject({ code: 'signature_invalid', reason: 'signature_invalid' })
    expect(explained.hints.map(({ hint }) => hint)).toEqual(['challenge_replaced'])
    expect(await kit.signIn(signIn)).toBe('signature_invalid: signature_invalid')
  })

  it('that another wallet has signed, that nobody asked for, and that has expired', async () => {
    const signer = solana()
    const pending = await kit.challengeFor(signer)
    const others = await kit.explain(await signInWith(signer, pending, solana()))
    expect(others.refusal).toMatchObject({ code: 'signature_invalid' })
    expect(others.hints.map(({ hint }) => hint)).toEqual(['other_signer'])

    const unasked = await kit.explain(await signInWith(ethereum(), 'Login for My App: made-up'))
    expect(unasked.refusal).toMatchObject({ code: 'challenge_unusable', reason: 'nonce_unknown' })

    kit.gateway.clock.advance(11 * MINUTE_MS)
    const late = await signInWith(signer, pending)
    expect((await kit.explain(late)).refusal).toMatchObject({ code: 'challenge_expired' })
    expect(await kit.signIn(late)).toBe('challenge_expired: challenge_expired')
  })

  it('needs the address, which it does not name', async () => {
    const message = kit.file('Login for My App: x')
    await expect(kit.run('--dialect', 'moonkey', '--message', message, '--signature', '0x00')).rejects.toThrow(
      '--address is needed',
    )
  })
})

describe('input that nobody vouches for', () => {
  const HOSTILE = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e\u2066\u200b\u2028'

  it('is shown without steering the terminal, in words and in JSON', async () => {
    const signer = ethereum()
    const built = (text: string) => text.replace(STATEMENT, HOSTILE)
    for (const departure of [{ built }, { fields: { statement: HOSTILE.replace(/[\p{Cc}\p{Zl}]/gu, '') } }]) {
      const signIn = await kit.prepare('walletkit', signer, departure)
      for (const more of [[], ['--json']]) {
        const { stdout } = await kit.run(...kit.argsFor(signIn), ...more)
        expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        // What could not be read is shown as lines, for people.
        if (more.length === 0 || 'fields' in departure) expect(stdout).toMatch(/202e/)
      }
    }
    const { message } = await kit.explain(
      await kit.prepare('walletkit', signer, { fields: { statement: '\u202eolleh' } }),
    )
    expect(message?.statement).toBe('\u202eolleh')
  })

  it('is read to a bound, and only as UTF-8', async () => {
    const rest = ['--dialect', '4mica', '--signature', '0x00', '--message']
    await expect(kit.run(...rest, kit.file('x'.repeat(65_537)))).rejects.toThrow('larger than 64 KiB')
    await expect(kit.run(...rest, '/dev/zero')).rejects.toThrow('larger than 64 KiB')
    await expect(kit.run(...rest, kit.file(Buffer.from('ff', 'hex')))).rejects.toThrow('not UTF-8')
    await expect(kit.run(...rest, kit.file('x').concat('y'))).rejects.toThrow('cannot be read (ENOENT)')
    await expect(kit.run(...rest, '/')).rejects.toThrow('cannot be read (EISDIR)')
    expect((await kit.run(...rest, kit.file('x'.repeat(65_536)))).stdout).toContain('message_malformed: too_long')
  })

  it('never ends in a crash, whatever it is', async () => {
    const { text, signature } = await kit.prepare('walletkit', ethereum())
    const mutated = fc
      .tuple(fc.nat(text.length), fc.nat(20), fc.string({ unit: 'binary', maxLength: 20 }))
      .map(([start, length, insert]) => text.slice(0, start) + insert + text.slice(start + length))
    const texts = fc
      .oneof(mutated, fc.string({ unit: 'binary', maxLength: 500 }))
      .filter((each) => Buffer.from(each).toString() === each)
    const signatures = fc.oneof(
      fc.constant(signature),
      fc.string({ unit: 'binary', maxLength: 300 }).filter((each) => !each.includes('\0')),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
    )
    const dialects = fc.constantFrom<Dialect>('4mica', 'moonkey', 'walletkit')
    const addresses = fc.oneof(fc.constant(ethereum().address), fc.constant(solana().address), fc.string())
    await fc.assert(
      fc.asyncProperty(dialects, texts, signatures, addresses, async (dialect, sent, shown, address) => {
        const signIn = { dialect, type: 'ethereum', text: sent, signature: shown, address } as const
        const { exitCode, refusal } = await kit.explain(signIn, '--offline')
        expect([0, 1]).toContain(exitCode)
        expect(refusal === null || EXPLAINED.test(refusal.says)).toBe(true)
      }),
      fuzzBudget(150, 20261121),
    )
  })
  const EXPLAINED = /^(?!it is refused$)./
})

describe('reading files', () => {
  it('takes the text to the byte, and the signature without the line end of its file', async () => {
    const { dialect, text, signature, address } = await kit.prepare('4mica', ethereum())
    const now = kit.now.toISOString()
    const rest = ['--dialect', dialect, '--address', address, '--now', now, '--signature', kit.file(`${signature}\r\n`)]
    expect((await kit.run(...rest, '--message', kit.file(text))).exitCode).toBe(0)
    // This dialect takes white space around a text for granted; the signature is over all of it.
    const withNewline = kit.file(`${text}\n`)
    expect((await kit.run(...rest, '--message', withNewline)).stdout).toContain('without the line feed at its end')
    expect((await kit.run(...rest, '--message', withNewline, '--no-final-newline')).exitCode).toBe(0)
  })
})

describe('every hint and every edit', () => {
  it('ends or reads as part of a sentence', () => {
    for (const says of Object.values(HINTS)) expect(says).toMatch(/^[A-Z-].*[^.]$/)
    for (const says of Object.values(EDITS)) expect(says).toMatch(/^(with|without|as|in) /)
  })
})

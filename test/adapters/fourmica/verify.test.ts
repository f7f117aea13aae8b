import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatAccountId } from '../../../core/accounts/account.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { newEthereumWallet, vectorWallet } from '../../support/wallets.ts'
import { claimsOf, type Departure, type FourMicaDoor, openDoor, readTokens, START } from './door.ts'

/** secp256k1's order (SEC 2 §2.4.1). */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const at = (seconds: number) => new Date(START.getTime() + Math.round(seconds * 1000)).toISOString()
const replace = (from: string | RegExp, to: string) => (text: string) => {
  const edited = text.replace(from, to)
  if (edited === text) throw new Error(`nothing to replace: ${from}`)
  return edited
}
const lastByte = (change: (v: number) => number) => (signature: string) =>
  signature.slice(0, -2) +
  change(Number.parseInt(signature.slice(-2), 16))
    .toString(16)
    .padStart(2, '0')

/** The other signature over the same hash: s mirrored, parity flipped. */
function highS(signature: string): string {
  const s = BigInt(`0x${signature.slice(66, 130)}`)
  const v = Number.parseInt(signature.slice(130), 16)
  return `${signature.slice(0, 66)}${(ORDER - s).toString(16).padStart(64, '0')}${(v === 27 ? 28 : 27).toString(16)}`
}

/** EIP-2098. */
function compact(signature: string): string {
  const parity = Number.parseInt(signature.slice(130), 16) - 27
  const top = Number.parseInt(signature.slice(66, 68), 16) | (parity << 7)
  return `${signature.slice(0, 66)}${top.toString(16).padStart(2, '0')}${signature.slice(68, 130)}`
}

describe.each(STORES)('4mica verify on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: FourMicaDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  async function accept(departure: Departure, wallet = newEthereumWallet()) {
    const tokens = readTokens(await door.verify(await door.prove(wallet, departure)))
    expect(claimsOf(tokens)['sub']).toBe(wallet.address.toLowerCase())
  }

  /** The changed proof is refused for this very reason; the canonical one over the same nonce is then accepted. */
  async function refuse(departure: Departure, status: number, refusal: string) {
    const wallet = newEthereumWallet()
    const template = await door.requestTemplate(wallet.address)
    const answer = await door.verify(await door.prove(wallet, { template, ...departure }))
    expect([answer.status, door.lastRefusal]).toEqual([status, refusal])
    readTokens(await door.verify(await door.prove(wallet, { template })))
  }

  it('4MICA-09: accepts the message and signature of the published vector', async () => {
    const wallet = vectorWallet()
    const nonce = '0123456789abcdef0123456789abcdef'
    const subject = formatAccountId(door.account(wallet))
    const key = { projectId: door.project.id, purpose: 'fourmica.sign-in', subject, handle: nonce } as const
    const expiresAt = new Date(START.getTime() + 300_000)
    await stores.challenges.issue({ ...key, nonce, issuedAt: START, expiresAt, context: {} })
    const message = [
      'auth.example.test wants you to sign in with your Ethereum account:',
      '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A',
      '',
      'Sign in to 4mica.',
      '',
      'URI: https://auth.example.test',
      'Version: 1',
      'Chain ID: 84532',
      'Nonce: 0123456789abcdef0123456789abcdef',
      'Issued At: 2026-06-22T10:00:00.000Z',
      'Expiration Time: 2026-06-22T10:05:00.000Z',
    ].join('\n')
    const signature =
      '0xa552fee6b956d4541cb4f6b8cc8f216988c450fadf6260b6c5ed67d2bcc12889081f9d7a0099fcc92048acb743eeef6acee73e3b36473a01d5cf90db5d79e7491c'
    readTokens(await door.verify({ address: wallet.address, message, signature }))
  })

  it.each<[string, Departure | ((wallet: string) => Departure)]>([
    ['the canonical message', {}],
    ['a lower-case address in the message', (wallet) => ({ fields: { address: wallet.toLowerCase() } })],
    [
      'an upper-case address in the message',
      (wallet) => ({ fields: { address: `0x${wallet.slice(2).toUpperCase()}` } }),
    ],
    ['a lower-case address beside the message', (wallet) => ({ address: wallet.toLowerCase() })],
    ['an address beside the message without 0x', (wallet) => ({ address: wallet.slice(2) })],
    ['a padded address beside the message', (wallet) => ({ address: ` ${wallet} ` })],
    ['\\r\\n line ends', { edit: (text) => text.replaceAll('\n', '\r\n') }],
    ['mixed line ends', { edit: (text) => text.replace('\n', '\r\n') }],
    ['a trailing newline', { edit: (text) => `${text}\n` }],
    ['a trailing \\r\\n', { edit: (text) => `${text.replaceAll('\n', '\r\n')}\r\n` }],
    ['two trailing newlines', { edit: (text) => `${text}\n\n` }],
    ['space around every line', { edit: (text) => text.replaceAll('\n', ' \n\t') }],
    ['the domain in upper case', { fields: { domain: 'AUTH.EXAMPLE.TEST' } }],
    ['the domain in mixed case', { fields: { domain: 'Auth.Example.Test' } }],
    ['no expiration', { fields: { expiration: null } }],
    ['an earlier expiration', { fields: { expiration: at(1) } }],
    ['a later expiration than the template’s', { fields: { expiration: at(86_400) } }],
    ['a past not-before', { edit: (text) => `${text}\nNot Before: ${at(-60)}` }],
    ['a request id', { edit: (text) => `${text}\nRequest ID: r-1` }],
    ['resources', { edit: (text) => `${text}\nResources:\n- https://a.example/x\n- ipfs://b` }],
    ['the statement padded', { fields: { statement: '  Sign in to 4mica. ' } }],
    [
      'the vendor server’s timestamps',
      {
        fields: { issuedAt: '2026-06-22T10:00:00.123456789+00:00', expiration: '2026-06-22T10:05:00.123456789+00:00' },
      },
    ],
    [
      'timestamps of another offset',
      { fields: { issuedAt: '2026-06-22T12:00:00+02:00', expiration: '2026-06-22T05:05:00-05:00' } },
    ],
    ['timestamps in lower case', { fields: { issuedAt: '2026-06-22t10:00:00z' } }],
    ['an issued-at of its own', { fields: { issuedAt: at(-120) } }],
  ])('4MICA-09: accepts %s', async (_, departure) => {
    const wallet = newEthereumWallet()
    await accept(typeof departure === 'function' ? departure(wallet.address) : departure, wallet)
  })

  it('4MICA-09: the signature is over the bytes posted, not over a tidied message', async () => {
    const wallet = newEthereumWallet()
    const template = await door.requestTemplate(wallet.address)
    const canonical = await door.prove(wallet, { template })
    for (const message of [
      canonical.message.replaceAll('\n', '\r\n'),
      `${canonical.message}\n`,
      canonical.message.replace('auth.', 'AUTH.'),
    ]) {
      expect((await door.verify({ ...canonical, message })).status).toBe(401)
      expect(door.lastRefusal).toBe('signature_invalid: signature_invalid')
    }
    readTokens(await door.verify(canonical))
  })

  it('4MICA-09: a blank statement is asked for by no project, and a blank one is refused where one is configured', async () => {
    await refuse({ fields: { statement: '' } }, 401, 'binding_mismatch: statement_mismatch')
    await refuse({ edit: replace('\nSign in to 4mica.\n', '\n') }, 401, 'binding_mismatch: statement_mismatch')
  })

  describe.each([0, 1])('recovery parity %i', (parity) => {
    /** A proof whose signature has this parity. */
    async function proveWithParity() {
      for (;;) {
        const proof = await door.prove(newEthereumWallet())
        if (proof.signature.endsWith(parity === 0 ? '1b' : '1c')) return proof
      }
    }

    it.each<[string, (signature: string) => string]>([
      ['with 0x', (signature) => signature],
      ['without 0x', (signature) => signature.slice(2)],
      ['in upper case', (signature) => `0x${signature.slice(2).toUpperCase()}`],
      ['with recovery byte 0 or 1', lastByte((v) => v - 27)],
      ['with recovery byte 0 or 1 and without 0x', (signature) => lastByte((v) => v - 27)(signature).slice(2)],
    ])('4MICA-10: accepts a signature %s', async (_, rewrite) => {
      const proof = await proveWithParity()
      readTokens(await door.verify({ ...proof, signature: rewrite(proof.signature) }))
    })

    it.each<[string, (signature: string) => string]>([
      ['high-s', highS],
      ['high-s with recovery byte 0 or 1', (signature) => lastByte((v) => v - 27)(highS(signature))],
      ['of the other parity', lastByte((v) => 55 - v)],
      ['with recovery byte 2 or 3', lastByte((v) => v - 25)],
      ['with recovery byte 29 or 30', lastByte((v) => v + 2)],
      ['with an EIP-155 recovery byte', lastByte((v) => v + 10)],
      ['with recovery byte 255', lastByte(() => 255)],
      ['a byte longer', (signature) => `${signature}00`],
      ['of 63 bytes', (signature) => signature.slice(0, -4)],
      ['that is empty', () => '0x'],
      ['of zeros', () => `0x${'00'.repeat(64)}1b`],
      ['whose r is zero', (signature) => `0x${'00'.repeat(32)}${signature.slice(66)}`],
      ['whose s is zero', (signature) => `${signature.slice(0, 66)}${'00'.repeat(32)}${signature.slice(130)}`],
      ['whose r is the order', (signature) => `0x${ORDER.toString(16)}${signature.slice(66)}`],
      ['whose s is the order', (signature) => `${signature.slice(0, 66)}${ORDER.toString(16)}${signature.slice(130)}`],
      ['of ones', () => `0x${'ff'.repeat(64)}1b`],
    ])('4MICA-10: a signature %s is 401', async (_, rewrite) => {
      const proof = await proveWithParity()
      expect((await door.verify({ ...proof, signature: rewrite(proof.signature) })).status).toBe(401)
      expect(door.lastRefusal).toBe('signature_invalid: signature_invalid')
      readTokens(await door.verify(proof))
    })

    it('EIP-2098: the compact form of a valid signature is accepted too', async () => {
      const proof = await proveWithParity()
      readTokens(await door.verify({ ...proof, signature: compact(proof.signature) }))
    })
  })

  it('4MICA-11: a proof of another key is 401', async () => {
    await refuse({ signer: newEthereumWallet() }, 401, 'signature_invalid: signature_invalid')
  })

  it('4MICA-11: another address beside the message is 401, whoever signed', async () => {
    await refuse({ address: newEthereumWallet().address }, 401, 'binding_mismatch: address_mismatch')
    const other = newEthereumWallet()
    await refuse({ fields: { address: other.address } }, 401, 'binding_mismatch: address_mismatch')
    await refuse({ address: other.address, signer: other }, 401, 'binding_mismatch: address_mismatch')
  })

  it.each<[string, Departure, string]>([
    ['version 2', { fields: { version: '2' } }, 'version_mismatch'],
    ['version 01', { fields: { version: '01' } }, 'version_mismatch'],
    ['an empty version', { fields: { version: '' } }, 'version_mismatch'],
    ['chain 1', { fields: { chainId: 1 } }, 'chain_id_mismatch'],
    ['chain 845320', { fields: { chainId: 845320 } }, 'chain_id_mismatch'],
    ['chain 0', { fields: { chainId: 0 } }, 'chain_id_mismatch'],
    ['another domain', { fields: { domain: 'evil.example' } }, 'domain_mismatch'],
    ['a subdomain', { fields: { domain: 'x.auth.example.test' } }, 'domain_mismatch'],
    ['the domain as a prefix', { fields: { domain: 'auth.example.test.evil.example' } }, 'domain_mismatch'],
    ['the domain with a port', { fields: { domain: 'auth.example.test:443' } }, 'domain_mismatch'],
    ['the domain behind user info', { fields: { domain: 'auth.example.test@evil.example' } }, 'domain_mismatch'],
    ['the domain with a final dot', { fields: { domain: 'auth.example.test.' } }, 'domain_mismatch'],
    ['a scheme before the domain', { fields: { domain: 'https://auth.example.test' } }, 'domain_mismatch'],
    ['another URI', { fields: { uri: 'https://evil.example' } }, 'uri_mismatch'],
    ['a slash after the URI', { fields: { uri: 'https://auth.example.test/' } }, 'uri_mismatch'],
    ['the URI in another letter case', { fields: { uri: 'https://AUTH.example.test' } }, 'uri_mismatch'],
    ['the URI with its default port', { fields: { uri: 'https://auth.example.test:443' } }, 'uri_mismatch'],
    ['the URI with http', { fields: { uri: 'http://auth.example.test' } }, 'uri_mismatch'],
    ['another statement', { fields: { statement: 'Give me your money.' } }, 'statement_mismatch'],
    ['the statement in another letter case', { fields: { statement: 'sign in to 4mica.' } }, 'statement_mismatch'],
    ['the statement with more text', { fields: { statement: 'Sign in to 4mica. And pay.' } }, 'statement_mismatch'],
    [
      'an unspoken character in the statement',
      { fields: { statement: 'Sign in to 4mica.\u200b' } },
      'statement_mismatch',
    ],
    ['an issued-at 30.001 s ahead', { fields: { issuedAt: at(30.001) } }, 'issued_in_the_future'],
    ['an issued-at 31 s ahead', { fields: { issuedAt: at(31) } }, 'issued_in_the_future'],
    [
      'an issued-at a nanosecond too far ahead',
      { fields: { issuedAt: '2026-06-22T10:00:30.000000001Z' } },
      'issued_in_the_future',
    ],
    ['an issued-at a day ahead', { fields: { issuedAt: at(86_400) } }, 'issued_in_the_future'],
    ['an issued-at a millisecond too old', { fields: { issuedAt: at(-300.001) } }, 'issued_too_long_ago'],
    ['an issued-at a second too old', { fields: { issuedAt: at(-301) } }, 'issued_too_long_ago'],
    ['an issued-at of 1970', { fields: { issuedAt: '1970-01-01T00:00:00Z' } }, 'issued_too_long_ago'],
    ['an expiration of a second ago', { fields: { expiration: at(-1) } }, 'expired'],
    ['an expiration that is now', { fields: { expiration: at(0) } }, 'expired'],
    ['a not-before a millisecond ahead', { edit: (text) => `${text}\nNot Before: ${at(0.001)}` }, 'not_yet_valid'],
    ['a not-before a minute ahead', { edit: (text) => `${text}\nNot Before: ${at(60)}` }, 'not_yet_valid'],
  ])('4MICA-11: %s is 401', async (_, departure, reason) => {
    await refuse(departure, 401, `binding_mismatch: ${reason}`)
  })

  it.each<[string, Departure]>([
    ['an issued-at 30 s ahead', { fields: { issuedAt: at(30) } }],
    ['an issued-at exactly as old as a nonce lives', { fields: { issuedAt: at(-300), expiration: null } }],
    ['an expiration a millisecond ahead', { fields: { expiration: at(0.001) } }],
    ['a not-before that is now', { edit: (text) => `${text}\nNot Before: ${at(0)}` }],
  ])('4MICA-11: accepts %s', async (_, departure) => {
    await accept(departure)
  })

  it.each<[string, string]>([
    ['unknown', 'ffffffffffffffffffffffffffffffff'],
    ['in another letter case', ''],
    ['empty', '$'],
    ['short', 'abc'],
    ['a UUID', '3f2b8c1e-9a4d-4a7e-8f10-2b6c5d4e3f21'],
    ['with a NUL', 'abcdef\0abcdef'],
    ['a pattern', '*'],
    ['with separators', 'a:b:{c}:d/e'],
    ['of 15 000 characters', 'a'.repeat(15_000)],
  ])('4MICA-11: a nonce that is %s is 401', async (_, nonce) => {
    const edit = replace(/Nonce: (.*)/, 'Nonce: ')
    const wallet = newEthereumWallet()
    const template = await door.requestTemplate(wallet.address)
    const other = nonce === '' ? template.nonce.toUpperCase() : nonce
    const departure = nonce === '$' ? { edit } : { fields: { nonce: other } }
    const answer = await door.verify(await door.prove(wallet, { template, ...departure }))
    expect([answer.status, door.lastRefusal]).toEqual([401, 'challenge_unusable: nonce_unknown'])
    readTokens(await door.verify(await door.prove(wallet, { template })))
  })

  it('4MICA-11: unknown, foreign, used and expired nonces get the very same answer', async () => {
    const own = await openDoor(stores)
    const wallet = newEthereumWallet()
    const unknown = await own.verify(await own.prove(wallet, { fields: { nonce: 'f'.repeat(32) } }))
    const foreign = await own.verify(
      await own.prove(wallet, { template: await own.requestTemplate(newEthereumWallet().address) }),
    )
    const proof = await own.prove(wallet)
    readTokens(await own.verify(proof))
    const used = await own.verify(proof)
    const template = await own.requestTemplate(wallet.address)
    own.clock.advance(301_000)
    const late = own.clock.now().toISOString()
    const expired = await own.verify(
      await own.prove(wallet, { template, fields: { issuedAt: late, expiration: null } }),
    )
    for (const answer of [unknown, foreign, used, expired]) {
      expect([answer.status, answer.body]).toEqual([401, { error: 'nonce not found or expired' }])
    }
  })

  it('4MICA-11: a nonce works until the moment its template names, and not from then on', async () => {
    const own = await openDoor(stores)
    const wallet = newEthereumWallet()
    const proveLate = async (milliseconds: number) => {
      own.clock.set(START)
      const template = await own.requestTemplate(wallet.address)
      own.clock.advance(milliseconds)
      const issuedAt = own.clock.now().toISOString()
      return own.verify(await own.prove(wallet, { template, fields: { issuedAt, expiration: null } }))
    }
    expect((await proveLate(299_999)).status).toBe(200)
    expect((await proveLate(300_000)).status).toBe(401)
    expect(own.lastRefusal).toBe('challenge_unusable: nonce_unknown')
    expect((await proveLate(301_000)).status).toBe(401)
  })

  it.each<[string, (message: string) => string, string]>([
    ['no sign-in message', () => 'hello', 'header_malformed'],
    ['empty', () => '', 'header_malformed'],
    ['JSON', () => '{"domain":"auth.example.test"}', 'header_malformed'],
    ['for a Bitcoin account', replace('Ethereum', 'Bitcoin'), 'header_malformed'],
    ['without a header', replace(/^.*\n/, ''), 'header_malformed'],
    ['without a domain', replace('auth.example.test wants', ' wants'), 'header_malformed'],
    [
      'with a domain that is no authority',
      replace('auth.example.test wants', 'auth example test wants'),
      'domain_malformed',
    ],
    ['without an address', replace(/\n0x.*\n/, '\n\n'), 'address_malformed'],
    ['with a short address', replace(/\n(0x.{39}).\n/, '\n$1\n'), 'address_malformed'],
    ['with an address without 0x', replace('\n0x', '\n'), 'address_malformed'],
    ['without a URI', replace(/\nURI: .*/, ''), 'uri_missing'],
    ['with an empty URI', replace(/URI: .*/, 'URI: '), 'uri_malformed'],
    ['without a version', replace(/\nVersion: .*/, ''), 'version_missing'],
    ['without a chain id', replace(/\nChain ID: .*/, ''), 'chain_id_missing'],
    ['with a chain id that is no number', replace(/Chain ID: .*/, 'Chain ID: base'), 'chain_id_malformed'],
    ['with a hex chain id', replace(/Chain ID: .*/, 'Chain ID: 0x14a34'), 'chain_id_malformed'],
    ['with a negative chain id', replace('Chain ID: ', 'Chain ID: -'), 'chain_id_malformed'],
    ['with a sign before the chain id', replace('Chain ID: ', 'Chain ID: +'), 'chain_id_malformed'],
    ['with a zero before the chain id', replace('Chain ID: ', 'Chain ID: 0'), 'chain_id_malformed'],
    ['with a CAIP-2 chain id', replace('Chain ID: ', 'Chain ID: eip155:'), 'chain_id_malformed'],
    ['without a nonce', replace(/\nNonce: .*/, ''), 'nonce_missing'],
    ['without an issued-at', replace(/\nIssued At: .*/, ''), 'issued_at_missing'],
    ['with an empty issued-at', replace(/Issued At: .*/, 'Issued At: '), 'issued_at_malformed'],
    [
      'with an issued-at in words',
      replace(/Issued At: .*/, 'Issued At: June 22, 2026 10:00 UTC'),
      'issued_at_malformed',
    ],
    ['with an issued-at in seconds', replace(/Issued At: .*/, 'Issued At: 1782122400'), 'issued_at_malformed'],
    [
      'with an issued-at without offset',
      replace(/Issued At: .*/, 'Issued At: 2026-06-22T10:00:00'),
      'issued_at_malformed',
    ],
    ['with an issued-at of a date alone', replace(/Issued At: .*/, 'Issued At: 2026-06-22'), 'issued_at_malformed'],
    [
      'with an issued-at on 30 February',
      replace(/Issued At: .*/, 'Issued At: 2026-02-30T10:00:00Z'),
      'issued_at_malformed',
    ],
    [
      'with an expiration that is no time',
      replace(/Expiration Time: .*/, 'Expiration Time: never'),
      'expiration_time_malformed',
    ],
    ['with a not-before that is no time', (text) => `${text}\nNot Before: now`, 'not_before_malformed'],
    // Stricter than the vendor's server where no client cares (4mica digest §2.2).
    ['with a field twice', replace(/(Nonce: .*)/, '$1\n$1'), 'issued_at_missing'],
    ['with the nonce again at the end', (text) => `${text}\nNonce: ${'f'.repeat(32)}`, 'trailing_content'],
    ['with fields out of order', replace(/(Version: 1)\n(Chain ID: .*)/, '$2\n$1'), 'version_missing'],
    ['with an unknown line', (text) => `${text}\nMemo: hi`, 'trailing_content'],
    ['with text after the resources', (text) => `${text}\nResources:\n- https://a.example\nmore`, 'trailing_content'],
    ['with a resource that is no URI', (text) => `${text}\nResources:\n- not a uri`, 'resource_malformed'],
    [
      'with a statement of two lines',
      replace('Sign in to 4mica.', 'Sign in to 4mica.\nAnd pay.'),
      'statement_malformed',
    ],
    ['with a blank line between fields', replace('\nVersion', '\n\nVersion'), 'version_missing'],
    ['with a title in another letter case', replace('Nonce:', 'nonce:'), 'nonce_missing'],
    ['longer than 16 384 characters', (text) => text.padEnd(16_385), 'body'],
  ])('4MICA-12: a message %s is 400', async (_, edit, reason) => {
    if (reason !== 'body') return refuse({ edit }, 400, `message_malformed: ${reason}`)
    const answer = await door.verify(await door.prove(newEthereumWallet(), { edit }))
    expect(answer.status).toBe(400)
  })

  it.each<[string, (signature: string) => string]>([
    ['that is a word', () => 'invalid-hex-signature'],
    ['of odd length', (signature) => signature.slice(0, -1)],
    ['with a bad digit', (signature) => `${signature.slice(0, -1)}g`],
    ['with outer space', (signature) => ` ${signature}`],
    ['with a final newline', (signature) => `${signature}\n`],
    ['with 0X', (signature) => `0X${signature.slice(2)}`],
    ['with 0x twice', (signature) => `0x${signature}`],
    ['in base64', (signature) => Buffer.from(signature.slice(2), 'hex').toString('base64')],
  ])('4MICA-12: a signature %s is 400', async (_, resign) => {
    await refuse({ resign }, 400, 'signature_malformed: signature_malformed')
  })

  it.each(['', '0x', 'vitalik.eth', `0x${'1'.repeat(39)}`, `0x${'0'.repeat(40)}`])(
    '4MICA-12: the address "%s" is 400',
    async (address) => {
      await refuse({ address }, 400, 'address_malformed: address_malformed')
    },
  )

  it('4MICA-12: says which rule a message broke', async () => {
    const malformed = await door.verify(await door.prove(newEthereumWallet(), { edit: replace(/\nNonce: .*/, '') }))
    expect(malformed.body).toEqual({ error: 'invalid siwe message: nonce missing' })
    const mismatch = await door.verify(await door.prove(newEthereumWallet(), { fields: { chainId: 1 } }))
    expect(mismatch.body).toEqual({ error: 'siwe message not accepted: chain id mismatch' })
  })

  it('4MICA-14: a signature as contract accounts make them is 401 where no RPC is configured', async () => {
    for (const bytes of [1, 32, 96, 130, 1_000, 8_000]) {
      await refuse({ resign: () => `0x${'ab'.repeat(bytes)}` }, 401, 'signature_invalid: signature_invalid')
    }
  })

  it('4MICA-14: an ERC-6492 wrapper around a good signature is 401 where no RPC is configured', async () => {
    const magic = '6492'.repeat(16)
    await refuse({ resign: (signature) => signature + magic }, 401, 'signature_invalid: signature_invalid')
  })

  it.each([60, 900, 86_400])(
    '4MICA-15: with an access life of %i s, expires_in is the integer exp − iat',
    async (accessTtlSeconds) => {
      const own = await openDoor(stores, { accessTtlSeconds })
      own.clock.advance(456)
      const first = await own.signIn()
      const second = readTokens(await own.refresh(first.refresh_token))
      for (const tokens of [first, second]) {
        const { exp, iat } = claimsOf(tokens)
        expect(tokens.expires_in).toBe(Number(exp) - Number(iat))
        expect(tokens.expires_in).toBe(accessTtlSeconds)
        expect(Number.isInteger(tokens.expires_in)).toBe(true)
      }
    },
  )
})

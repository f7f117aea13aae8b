import { SiweMessage } from 'siwe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ethereumSigner, SIGNERS, solanaSigner } from '../../support/signers.ts'
import {
  type MessageDeparture,
  type MoonKeyDoor,
  moonKeyProject,
  openDoor,
  readNonce,
  readWallet,
  refusalOf,
  secondsFrom,
} from './door.ts'

const signers = Object.entries(SIGNERS)

describe.each(STORES)('MoonKey siwe/verify on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  const answerTo = async (signer: ReturnType<typeof ethereumSigner>, departure: MessageDeparture) =>
    door.verifySiwe(await door.proveBySiwe(signer, departure))

  describe.each(signers)('%s', (type, newSigner) => {
    it.each<[string, MessageDeparture]>([
      ['as a page builds it', {}],
      ['without a statement', { statement: null }],
      ['with any statement', { statement: 'Ünïcode, colons: and URI: https://x.example' }],
      ['with a Request ID', { requestId: 'abc-123' }],
      ['issued years ago', { issuedAt: '2019-01-01T00:00:00Z' }],
      ['issued in the future', { issuedAt: '2031-01-01T00:00:00.000Z' }],
      ['issued with an offset', { issuedAt: '2026-06-22T12:00:00+02:00' }],
      ['with a URI below the origin', { uri: 'https://app.example.test/login?next=%2F#top' }],
      ['with the domain in upper case', { domain: 'APP.example.test' }],
      ['with the scheme of the origin', { domain: 'https://app.example.test' }],
    ])('MOON-20: a message %s signs in', async (_, departure) => {
      readWallet(await answerTo(newSigner(), departure))
    })

    it('MOON-20: with one blank line or two where there is no statement', async () => {
      const double = { statement: null, edit: (message: string) => message.replace('\n\nURI:', '\n\n\nURI:') }
      expect(readWallet(await answerTo(newSigner(), double)).wallet_type).toBe(type)
    })

    it.each([1, 1_000])('MOON-20: an Expiration Time %i ms ahead is still good', async (ahead) => {
      readWallet(await answerTo(newSigner(), { expiration: secondsFrom(door.clock, ahead / 1000) }))
    })

    it.each([0, -1, -86_400_000])('MOON-21: an Expiration Time %i ms from now is 400', async (ahead) => {
      const signer = newSigner()
      const answer = await answerTo(signer, { expiration: secondsFrom(door.clock, ahead / 1000) })
      expect(refusalOf(answer)).toBe('400 invalid_request')
      expect(door.lastRefusal).toBe('binding_mismatch: expired')
      expect(await door.ownerOf(signer)).toBeNull()
    })

    it.each([0, -1, -86_400_000])('MOON-20: a Not Before %i ms from now is good', async (ahead) => {
      readWallet(await answerTo(newSigner(), { notBefore: secondsFrom(door.clock, ahead / 1000) }))
    })

    it.each([1, 1_000, 86_400_000])('MOON-21: a Not Before %i ms ahead is 400', async (ahead) => {
      const answer = await answerTo(newSigner(), { notBefore: secondsFrom(door.clock, ahead / 1000) })
      expect(refusalOf(answer)).toBe('400 invalid_request')
      expect(door.lastRefusal).toBe('binding_mismatch: not_yet_valid')
    })

    it.each<[string, MessageDeparture]>([
      ['another domain', { domain: 'evil.example' }],
      ['a subdomain', { domain: 'x.app.example.test' }],
      ['a parent domain', { domain: 'example.test' }],
      ['the domain with a port', { domain: 'app.example.test:8443' }],
      ['the domain with a dot', { domain: 'app.example.test.' }],
      ['the domain as user of another', { domain: 'app.example.test@evil.example' }],
      ['another scheme', { domain: 'http://app.example.test' }],
      ['localhost', { domain: 'localhost:3000', uri: 'http://localhost:3000' }],
    ])('MOON-21: %s is 400', async (_, departure) => {
      expect(refusalOf(await answerTo(newSigner(), departure))).toBe('400 invalid_request')
      expect(door.lastRefusal).toMatch(/^(?:binding_mismatch|message_malformed): domain_/)
    })

    it.each([
      'https://evil.example',
      'http://app.example.test',
      'https://app.example.test:8443',
      'https://app.example.test@evil.example',
      'https://app.example.test.evil.example/',
      'did:web:app.example.test',
      'javascript:alert(1)',
    ])('MOON-21: the URI %s is 400', async (uri) => {
      expect(refusalOf(await answerTo(newSigner(), { uri }))).toBe('400 invalid_request')
      expect(door.lastRefusal).toMatch(/^(?:binding_mismatch|message_malformed): uri_/)
    })

    it('MOON-21: a message of another address than the body’s is 400, whoever signs', async () => {
      const [signer, other] = [newSigner(), newSigner()]
      for (const by of [signer, other]) {
        const departure = { address: other.address, signer: by }
        expect(refusalOf(await answerTo(signer, departure))).toBe('400 invalid_request')
        expect(door.lastRefusal).toBe('binding_mismatch: address_mismatch')
      }
    })

    it('MOON-21: a nonce that is unknown, used or another address’s is 404', async () => {
      const [signer, other] = [newSigner(), newSigner()]
      const used = await door.proveBySiwe(signer)
      readWallet(await door.verifySiwe(used))
      const foreign = readNonce(await door.nonce(other)).nonce
      const answers = [
        await door.verifySiwe(used),
        await answerTo(signer, { nonce: 'x'.repeat(43) }),
        await answerTo(signer, { nonce: foreign }),
        await answerTo(signer, { nonce: foreign.toLowerCase() }),
      ]
      for (const answer of answers) expect(refusalOf(answer)).toBe('404 wallet_registration_not_found')
      readWallet(await answerTo(other, { nonce: foreign }))
    })

    it('MOON-21: a nonce that is too short or holds other characters is 400', async () => {
      for (const nonce of ['', 'abcdefg', 'abcdefgh-', 'abcdefgh_', 'abcdef gh', 'äbcdefgh']) {
        expect(refusalOf(await answerTo(newSigner(), { nonce }))).toBe('400 invalid_request')
      }
    })

    it.each<[string, (message: string) => string]>([
      ['no message', () => 'hello'],
      ['only spaces', () => '   '],
      ['CRLF', (message) => message.replaceAll('\n', '\r\n')],
      ['a space in front', (message) => ` ${message}`],
      ['a line end behind', (message) => `${message}\n`],
      ['a line twice', (message) => message.replace('Version: 1', 'Version: 1\nVersion: 1')],
      ['lines swapped', (message) => message.replace(/(Version: 1)\n(.*)/, '$2\n$1')],
      ['no URI', (message) => message.replace(/URI: .*\n/, '')],
      ['no Version', (message) => message.replace('Version: 1\n', '')],
      ['Version 2', (message) => message.replace('Version: 1', 'Version: 2')],
      ['no Nonce', (message) => message.replace(/Nonce: .*\n/, '')],
      ['no Issued At', (message) => message.replace(/\nIssued At: .*/, '')],
      ['a date that is none', (message) => message.replace(/Issued At: .*/, 'Issued At: 2026-02-30T00:00:00Z')],
      ['more text', (message) => `${message}\nand more`],
      ['NUL', (message) => message.replace('Sign in', 'Sign\0in')],
      ['another ceremony', (message) => message.replace('wants you to sign in', 'wants you to pay')],
      ['another chain’s name', (message) => message.replace(/Ethereum|Solana/, 'Bitcoin')],
      [
        'the other chain’s name',
        (message) => message.replace(/Ethereum|Solana/, (word) => (word === 'Solana' ? 'Ethereum' : 'Solana')),
      ],
    ])('MOON-21: %s is 400, and the nonce is still good', async (_, edit) => {
      const signer = newSigner()
      const { nonce } = readNonce(await door.nonce(signer))
      expect(refusalOf(await answerTo(signer, { nonce, edit }))).toBe('400 invalid_request')
      expect(await door.ownerOf(signer)).toBeNull()
      readWallet(await answerTo(signer, { nonce }))
    })

    it('MOON-21: a wrong key is 400 invalid_signature, leaves the nonce usable and changes no ownership', async () => {
      const [signer, thief] = [newSigner(), newSigner()]
      const { nonce } = readNonce(await door.nonce(signer))
      expect(refusalOf(await answerTo(signer, { nonce, signer: thief }))).toBe('400 invalid_signature')
      expect(await door.ownerOf(signer)).toBeNull()
      readWallet(await answerTo(signer, { nonce }))
    })

    it('MOON-21: a signature of another text than the one shown is 400 invalid_signature', async () => {
      const proof = await door.proveBySiwe(newSigner())
      const answer = await door.verifySiwe({
        ...proof,
        siwe_challenge: proof.siwe_challenge.replace('Sign in to My App.', 'Sign in to My App!'),
      })
      expect(refusalOf(answer)).toBe('400 invalid_signature')
      readWallet(await door.verifySiwe(proof))
    })

    it('MOON-18: earlier nonces stay good beside a newer one, each for one success', async () => {
      const signer = newSigner()
      const proofs = []
      for (let i = 0; i < 3; i += 1) proofs.push(await door.proveBySiwe(signer))
      for (const proof of proofs) readWallet(await door.verifySiwe(proof))
      for (const proof of proofs)
        expect(refusalOf(await door.verifySiwe(proof))).toBe('404 wallet_registration_not_found')
    })

    it.each<[number, string]>([
      [599_999, '200'],
      [600_000, '400 wallet_registration_expired'],
      [1_199_999, '400 wallet_registration_expired'],
    ])('MOON-16: %i ms after nonce it is %s', async (late, expected) => {
      const own = await openDoor(stores)
      const proof = await own.proveBySiwe(newSigner())
      own.clock.advance(late)
      expect(refusalOf(await own.verifySiwe(proof))).toBe(expected)
    })
  })

  it.each<[string, (address: string) => string]>([
    ['checksummed', (address) => address],
    ['in lower case', (address) => address.toLowerCase()],
    ['in upper case', (address) => `0x${address.slice(2).toUpperCase()}`],
  ])('MOON-20: an Ethereum address %s in the message is accepted', async (_, spell) => {
    const signer = ethereumSigner()
    readWallet(await answerTo(signer, { address: spell(signer.address) }))
  })

  it.each([1, 137, 8_453, 84_532, '9'.repeat(32)])('MOON-20: Chain ID %s is accepted', async (chainId) => {
    readWallet(await answerTo(ethereumSigner(), { chainId }))
  })

  it('MOON-20: a message of the siwe package signs in', async () => {
    const signer = ethereumSigner()
    const { nonce } = readNonce(await door.nonce(signer))
    const built = new SiweMessage({
      domain: 'app.example.test',
      address: signer.address,
      statement: 'Sign in to My App.',
      uri: 'https://app.example.test',
      version: '1',
      chainId: 1,
      nonce,
      issuedAt: door.clock.now().toISOString(),
      resources: ['https://app.example.test/terms'],
    }).prepareMessage()
    readWallet(await answerTo(signer, { nonce, edit: () => built }))
  })

  it('MOON-21: an Ethereum message without Chain ID is 400', async () => {
    const edit = (message: string) => message.replace(/Chain ID: .*\n/, '')
    expect(refusalOf(await answerTo(ethereumSigner(), { edit }))).toBe('400 invalid_request')
  })

  it('MOON-21: a Solana address in another letter case is another address', async () => {
    const signer = solanaSigner()
    const swapped = signer.address.replace(/[a-km-z]/, (letter) => letter.toUpperCase().replace('O', 'P'))
    expect(swapped).not.toBe(signer.address)
    expect(refusalOf(await answerTo(signer, { address: swapped }))).toBe('400 invalid_request')
  })

  it('MOON-21: a Solana message is none of an Ethereum wallet’s', async () => {
    const [eth, sol] = [ethereumSigner(), solanaSigner()]
    const proof = await door.proveBySiwe(sol)
    const answer = await door.verifySiwe({ ...proof, wallet_type: 'ethereum', public_address: eth.address })
    expect(refusalOf(answer)).toBe('400 invalid_request')
    readWallet(await door.verifySiwe(proof))
  })

  it('MOON-21: every App has its own origins, localhost only where it is allowed', async () => {
    const local = await openDoor(
      stores,
      moonKeyProject({}, { allowedOrigins: ['https://b.example.test:8443'], allowLocalhost: true }),
    )
    const expected: readonly [MessageDeparture, string][] = [
      [{ domain: 'localhost:3000', uri: 'http://localhost:3000' }, '200'],
      [{ domain: 'localhost', uri: 'http://localhost/x' }, '200'],
      [{ domain: 'b.example.test:8443', uri: 'https://b.example.test:8443' }, '200'],
      [{ domain: 'localhost:3000', uri: 'https://localhost:3000' }, '400 invalid_request'],
      [{ domain: 'localhost.evil.example', uri: 'http://localhost:3000' }, '400 invalid_request'],
      [{}, '400 invalid_request'],
      [{ domain: 'b.example.test', uri: 'https://b.example.test' }, '400 invalid_request'],
    ]
    for (const [departure, verdict] of expected) {
      const proof = await local.proveBySiwe(ethereumSigner(), departure)
      expect(`${JSON.stringify(departure)} ${refusalOf(await local.verifySiwe(proof))}`).toBe(
        `${JSON.stringify(departure)} ${verdict}`,
      )
    }
  })
})

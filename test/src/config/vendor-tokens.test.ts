import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import { countingRandom, faultLines, loadWith, PINNED_PROJECT, SECRET, WITH_FILE, WITH_REDIS } from './load-with.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'a', alg: 'RS256', use: 'sig', x5c: [] }] }
const SECTION = { issuer: 'api.streambird.io/a', jwks, until: '2027-01-31' }

const fileWith = (vendorTokens: object) => ({
  projects: [{ ...PINNED_PROJECT, moonkey: { ...PINNED_PROJECT.moonkey, vendorTokens } }],
})
const settingsOf = (vendorTokens: object) =>
  loadWith(WITH_FILE, fileWith(vendorTokens)).projects[0].moonkey?.vendorTokens
const faultsOf = (vendorTokens: object) => faultLines(WITH_FILE, fileWith(vendorTokens))
const PLACE = 'projects[0].moonkey.vendorTokens'

describe('vendorTokens', () => {
  it('takes a key set as it is published', () => {
    expect(settingsOf(SECTION)).toEqual({
      issuer: 'api.streambird.io/a',
      audience: null,
      until: '2027-01-31T00:00:00.000Z',
      graceSeconds: 0,
      keySet: { kind: 'inline', jwks },
    })
  })

  it('takes the address of one; a private address only on this machine with the memory store', () => {
    const { jwks: _, ...rest } = SECTION
    const keySet = (jwksUrl: string) => settingsOf({ ...rest, jwksUrl })?.keySet
    expect(keySet('https://api.example.com/jwks?a=b')).toMatchObject({ kind: 'url', allowsPrivate: false })
    expect(keySet('http://localhost:1/jwks')).toMatchObject({ url: 'http://localhost:1/jwks', allowsPrivate: true })
    const { REDIS_URL } = WITH_REDIS
    const env = { ...WITH_FILE, REDIS_URL, WALLETGATE_SECRET: SECRET }
    expect(faultLines(env, fileWith({ ...rest, jwksUrl: 'http://localhost:1/jwks' }))).toContain(
      `${PLACE}.jwksUrl is plain http, which works with the memory store only`,
    )
  })

  it.each([
    ['2027-01-31T18:00:00Z', '2027-01-31T18:00:00.000Z'],
    ['2027-01-31T18:00:00+02:00', '2027-01-31T16:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ])('takes %s as a time', (until, expected) => {
    expect(settingsOf({ ...SECTION, until })?.until).toBe(expected)
  })

  it.each<[object, string]>([
    [{ jwks: undefined }, `${PLACE} has no keys`],
    [{ jwksUrl: 'https://a.example/jwks' }, `${PLACE} has keys twice`],
    [{ until: undefined }, `${PLACE}.until is missing`],
    [{ issuer: undefined }, `${PLACE}.issuer is missing`],
    [{ until: 'soon' }, `${PLACE}.until is text of 4 characters, not a date`],
    [{ until: '2027-02-29' }, `${PLACE}.until is text of 10 characters, not a date`],
    [{ until: '2027-13-01' }, `${PLACE}.until is text of 10 characters, not a date`],
    [{ until: '01/02/2027' }, `${PLACE}.until is text of 10 characters, not a date`],
    [{ graceSecs: 86_401 }, `${PLACE}.graceSecs is text of 5 characters, not a whole number from 0 to 86400`],
    [{ jwks: { keys: [] } }, `${PLACE}.jwks.keys is an empty list`],
    [{ jwks: { keys: [{ kty: 'oct', kid: 'a' }] } }, `${PLACE}.jwks is an object without a key to verify with`],
    [{ jwks: { keys: [privateKey.export({ format: 'jwk' })] } }, `${PLACE}.jwks holds a private or secret key`],
    [
      { jwks: undefined, jwksUrl: 'http://api.example.com/jwks' },
      `${PLACE}.jwksUrl is text of 27 characters, not an https URL`,
    ],
    [
      { jwks: undefined, jwksUrl: 'https://user:pass@api.example.com/' },
      `${PLACE}.jwksUrl has a user, password or fragment, which would not be sent`,
    ],
    [{ untill: '2027-01-31' }, `${PLACE}.untill is not a setting`],
  ])('%j stops the start', (change, line) => {
    expect(faultsOf({ ...SECTION, ...change })).toEqual([line])
  })

  it('is warned of when its time is over', () => {
    const warningsAt = (time: string) =>
      loadConfig(WITH_FILE, () => JSON.stringify(fileWith(SECTION)), countingRandom(), new Date(time)).warnings.filter(
        (warning) => warning.includes('vendorTokens'),
      )
    expect(warningsAt('2027-01-30T23:59:59.999Z')).toEqual([])
    expect(warningsAt('2027-01-31T00:00:00Z')).toEqual([
      `${PLACE} ended: tokens of the vendor are refused, and the section can go.`,
    ])
  })
})

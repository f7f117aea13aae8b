import { describe, expect, it } from 'vitest'
import { linkAround } from '../../../adapters/moonkey/magic-link.ts'
import { allowsDomain, allowsOrigin, allowsUri, type OriginPolicy } from '../../../adapters/shared/origins.ts'
import { passkeyTerms } from '../../../adapters/walletkit/passkey-terms.ts'
import { loadWith } from '../../src/config/load-with.ts'

/** As the configuration makes it, so that what is tested is what is written. */
function policyOf(...origins: string[]): OriginPolicy {
  return loadWith({ ALLOWED_ORIGINS: origins.join(',') }).projects[0]
}

const POLICY = policyOf('https://shop.example.org', 'https://*.example.com', 'https://*.example.com:8443')

/** What a page of somebody else may call itself, and what no browser writes. */
const STRANGERS = [
  'https://evil.example.com.attacker.io',
  'https://app.example.com.',
  'https://xexample.com',
  'https://x.xexample.com',
  'https://example.com',
  'https://.example.com',
  'https://..example.com',
  'https://a..example.com',
  'https://a.b.example.com',
  'https://*.example.com',
  'https://-.example.com',
  'https://a_b.example.com',
  'https://a%2eb.example.com',
  'https://%61pp.example.com',
  `https://${'a'.repeat(64)}.example.com`,
  'http://app.example.com',
  'ws://app.example.com',
  'HTTPS://app.example.com',
  'https://APP.example.com',
  'https://app.EXAMPLE.com',
  'https://app.example.com:443',
  'https://app.example.com:8444',
  'https://app.example.com:',
  'https://app.example.com/',
  'https://app.example.com?',
  'https://app.example.com#',
  'https://app.example.com/@attacker.io',
  'https://attacker.io/.example.com',
  'https://attacker.io#.example.com',
  'https://attacker.io?.example.com',
  'https://attacker.io\\.example.com',
  'https://attacker.io:443@app.example.com',
  'https://user@app.example.com',
  'https://app.example.com@attacker.io',
  'https:app.example.com',
  'https:/app.example.com',
  ' https://app.example.com',
  'https://app.example.com ',
  'https://app.exam\tple.com',
  'https://app。example.com',
  'https://app．example.com',
  'https://münchen.example.com',
  'https://ａpp.example.com',
  'https://app.exаmple.com',
  'https://xn--app.exmple-xyz.com',
  'null',
  '',
  '.example.com',
  '*.example.com',
]

describe('a wildcard origin', () => {
  it.each(['https://app.example.com', 'https://a.example.com:8443', 'https://xn--mnchen-3ya.example.com'])(
    'covers %s',
    (origin) => {
      expect(allowsOrigin(POLICY, origin)).toBe(true)
      const { host } = new URL(origin)
      for (const scheme of [null, 'https', 'HTTPS']) expect(allowsDomain(POLICY, scheme, host)).toBe(true)
      expect(allowsDomain(POLICY, null, host.toUpperCase())).toBe(true)
      expect(allowsDomain(POLICY, 'http', host)).toBe(false)
      expect(allowsUri(POLICY, `${origin}/in?next=/#top`)).toBe(true)
      expect(passkeyTerms({ ...TENANT, rpId: null }).acceptsOrigin(origin)).toBe(true)
    },
  )

  it.each(STRANGERS)('does not cover %j', (origin) => {
    expect(allowsOrigin(POLICY, origin)).toBe(false)
    expect(passkeyTerms({ ...TENANT, rpId: 'example.com' }).acceptsOrigin(origin)).toBe(false)
  })

  it.each([
    'evil.example.com.attacker.io',
    'app.example.com.',
    'xexample.com',
    'a.b.example.com',
    'user@app.example.com',
    'app.example.com@attacker.io',
    'app.example.com:443',
    'app.example.com:80',
    '%61pp.example.com',
    '*.example.com',
    '[::1]',
    'attacker.io/.example.com',
    '',
  ])('lets no sign-in message name %j', (domain) => {
    for (const scheme of [null, 'https', 'http']) expect(allowsDomain(POLICY, scheme, domain)).toBe(false)
  })

  it.each([
    'https://app.example.com@attacker.io/',
    'https://attacker.io/?https://app.example.com',
    'https://evil.example.com.attacker.io/',
    'https://app.example.com:8444/',
    'http://app.example.com/',
    'https://app.example.com./',
    'blob:null/app.example.com',
    'urn:app.example.com',
  ])('lets no sign-in message name the resource %s', (uri) => {
    expect(allowsUri(POLICY, uri)).toBe(false)
  })

  it.each([
    'https://evil.example.com.attacker.io/cb',
    'https://user@app.example.com/cb',
    'https://:pw@app.example.com/cb',
    'https://app.example.com@attacker.io/cb',
    'https://attacker.io\\@app.example.com/cb',
    'https://attacker.io/cb?.example.com',
    'https://a.b.example.com/cb',
    'https://app.example.com./cb',
    'http://app.example.com/cb',
    'javascript:alert(1)//app.example.com',
    '//app.example.com/cb',
  ])('is no place for a magic link to %s', (redirect) => {
    expect(() => linkAround({ origins: POLICY }, 'redirect', redirect)).toThrow()
  })

  it('is a place for magic links, and never the one that nobody named', () => {
    expect(linkAround({ origins: POLICY }, 'redirect', 'https://app.example.com/cb')('t')).toBe(
      'https://app.example.com/cb?token=t',
    )
    // Browsers read the backslash as a slash, and so do we: the link is written out as it was read.
    expect(linkAround({ origins: POLICY }, 'redirect', 'https://app.example.com\\@attacker.io')('t')).toBe(
      'https://app.example.com/@attacker.io?token=t',
    )
    expect(linkAround({ origins: POLICY }, 'redirect', null)('t')).toBe('https://shop.example.org/?token=t')
    expect(() => linkAround({ origins: policyOf('https://*.example.com') }, 'redirect', null)).toThrow()
  })

  it('is written in any letter case, and covers its own port and scheme alone', () => {
    const policy = policyOf('HTTP://*.Example.COM:80')
    expect(policy.wildcardOrigins).toEqual(['http://*.example.com'])
    expect(allowsOrigin(policy, 'http://app.example.com')).toBe(true)
    expect(allowsOrigin(policy, 'https://app.example.com')).toBe(false)
  })

  it('leaves what is listed to the letter as it was', () => {
    expect(allowsOrigin(POLICY, 'https://shop.example.org')).toBe(true)
    for (const other of ['https://a.shop.example.org', 'https://shop.example.org:444', 'https://SHOP.example.org']) {
      expect(allowsOrigin(POLICY, other)).toBe(false)
    }
  })
})

const TENANT = {
  projectId: 'demo',
  projectName: 'My App',
  walletKitId: 'demo',
  publicUrl: 'https://gate.example.test',
  jwtIssuer: 'https://gate.example.test/demo',
  accessTtlSeconds: 900,
  refreshTtlSeconds: 3600,
  origins: POLICY,
}

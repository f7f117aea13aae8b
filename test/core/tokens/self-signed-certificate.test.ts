import { execFileSync, spawnSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSelfSignedCertificate } from '../../../core/tokens/self-signed-certificate.ts'

const keys = {
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  'RSA 4096': generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey,
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
}
const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl) process.stderr.write('SKIPPED: openssl is not installed, so only node:crypto reads certificates\n')

const commonName = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'
const serial = Uint8Array.from({ length: 16 }, (_, index) => 0xff - index)

describe.each(Object.entries(keys))('a self-signed certificate of %s', (_, privateKey) => {
  const publicKey = createPublicKey(privateKey)
  const request = { privateKey, commonName, notBefore: new Date('2026-06-22T10:00:00.000Z'), serial }
  const certificate = new X509Certificate(createSelfSignedCertificate(request))

  it('holds the key and is signed by it', () => {
    expect(certificate.publicKey.equals(publicKey)).toBe(true)
    expect(certificate.verify(publicKey)).toBe(true)
    expect(certificate.checkIssued(certificate)).toBe(true)
  })

  it('is not signed by another key', () => {
    const other = createPublicKey(keys.RSA === privateKey ? keys['RSA 4096'] : keys.RSA)
    expect(certificate.verify(other)).toBe(false)
  })

  it('names the key as subject and issuer, begins when told, and has no well-defined end', () => {
    expect(certificate.subject).toBe(`CN=${commonName}`)
    expect(certificate.issuer).toBe(certificate.subject)
    expect(certificate.serialNumber).toBe(`01${Buffer.from(serial).toString('hex').toUpperCase()}`)
    expect(new Date(certificate.validFrom)).toEqual(request.notBefore)
    expect(new Date(certificate.validTo)).toEqual(new Date('9999-12-31T23:59:59Z'))
  })

  it.each(['2049-12-31T23:59:59.000Z', '2050-01-01T00:00:00.000Z'])('RFC 5280 §4.1.2.5: may begin at %s', (time) => {
    const later = new X509Certificate(createSelfSignedCertificate({ ...request, notBefore: new Date(time) }))
    expect(new Date(later.validFrom)).toEqual(new Date(time))
    expect(later.verify(publicKey)).toBe(true)
  })

  it.skipIf(!hasOpenssl)('is read by openssl, which finds its own signature good', () => {
    const input = certificate.toString()
    const text = execFileSync('openssl', ['x509', '-noout', '-text', '-nameopt', 'RFC2253'], {
      input,
      encoding: 'utf8',
    })
    expect(text).toContain(`Subject: CN=${commonName}`)
    expect(text).toContain('Version: 1 (0x0)')
    const again = execFileSync('openssl', ['x509', '-outform', 'DER'], { input })
    expect(again.equals(certificate.raw)).toBe(true)
  })
})

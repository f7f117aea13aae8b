import { describe, expect, it } from 'vitest'
import { createMailSealer } from '../../../core/mail/seal-mail.ts'
import { codeMail, NEWER_SECRET, random, SECRET } from './fixtures.ts'

const sealer = createMailSealer([SECRET], random)
const rotated = createMailSealer([NEWER_SECRET, SECRET], random)
const mail = codeMail({ to: 'ada@example.com', code: '739154', projectName: 'Söhne & Co' })

describe('sealing a mail', () => {
  it('opens to exactly what was sealed', () => {
    expect(sealer.open('id', sealer.seal('id', mail))).toStrictEqual(mail)
  })

  it('shows nothing of it, and never the same twice', () => {
    const sealed = [sealer.seal('id', mail), sealer.seal('id', mail)]
    expect(sealed[0]).not.toBe(sealed[1])
    for (const text of sealed) {
      const bytes = Buffer.from(text, 'base64')
      for (const secret of ['739154', 'ada@example.com', 'Söhne']) expect(bytes.includes(secret)).toBe(false)
    }
  })

  it('does not open under another id', () => {
    expect(sealer.open('other', sealer.seal('id', mail))).toBeNull()
  })

  it('does not open when any bit of it differs', () => {
    const bytes = Buffer.from(sealer.seal('id', mail), 'base64')
    for (let at = 0; at < bytes.length; at += bytes.length > 200 && at > 40 && at < bytes.length - 40 ? 97 : 1) {
      const altered = Buffer.from(bytes)
      altered[at] = (altered[at] ?? 0) ^ 1
      expect(sealer.open('id', altered.toString('base64')), `byte ${at}`).toBeNull()
    }
  })

  it.each(['', 'A', 'AQ==', Buffer.alloc(28).toString('base64'), Buffer.alloc(29, 1).toString('base64'), '!!!'])(
    'does not open %j',
    (sealed) => {
      expect(sealer.open('id', sealed)).toBeNull()
    },
  )

  it('does not open when cut anywhere', () => {
    const bytes = Buffer.from(sealer.seal('id', mail), 'base64')
    for (let length = 0; length < 60; length += 1) {
      expect(sealer.open('id', bytes.subarray(0, length).toString('base64'))).toBeNull()
    }
    expect(sealer.open('id', bytes.subarray(0, -1).toString('base64'))).toBeNull()
  })

  it('goes on through a change of secrets, sealing under the newest', () => {
    expect(rotated.open('id', sealer.seal('id', mail))).toStrictEqual(mail)
    expect(sealer.open('id', rotated.seal('id', mail))).toBeNull()
  })

  it('refuses to go without a secret', () => {
    expect(() => createMailSealer([], random)).toThrow(RangeError)
  })
})

describe('naming a recipient', () => {
  it('is one name per project and address, and none without the secret', () => {
    const name = sealer.nameRecipient('demo', 'ada@example.com')
    expect(name).toMatch(/^[\w-]{43}$/)
    expect(sealer.nameRecipient('demo', 'ada@example.com')).toBe(name)
    const others = [
      sealer.nameRecipient('other', 'ada@example.com'),
      sealer.nameRecipient('demo', 'eve@example.com'),
      sealer.nameRecipient('demo","ada', '@example.com'),
      createMailSealer([NEWER_SECRET], random).nameRecipient('demo', 'ada@example.com'),
    ]
    expect(new Set([name, ...others]).size).toBe(5)
  })
})

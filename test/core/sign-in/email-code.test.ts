import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCore } from '../../../core/core.ts'
import type { AuthError } from '../../../core/errors.ts'
import { createCodeHashes } from '../../../core/sign-in/code-hashes.ts'
import { STORES } from '../../support/gateway.ts'
import { type EmailParts, NONE, newEmail, openEmailParts, PLAIN, refusalOf } from './email-parts.ts'

const PURPOSE = 'moonkey.email-code'

describe.each(STORES)('signing in with a code by mail, in %s', (store) => {
  let parts: EmailParts
  beforeAll(async () => {
    parts = await openEmailParts(store)
  })
  afterAll(() => parts.close())

  const send = (email: string, more: { minutes?: number; subject?: 'contact' | 'user'; ifUnknown?: 'refuse' } = {}) =>
    parts.core.sendEmailCode({
      recipient: { projectId: parts.projectId, email, ifUnknown: more.ifUnknown ?? 'create' },
      purpose: PURPOSE,
      projectName: 'My App',
      subject: more.subject ?? 'contact',
      ttlMinutes: more.minutes ?? 5,
    })
  const verify = (subject: string, code: string, projectId = parts.projectId) =>
    parts.core.signInWithEmailCode('moonkey', { projectId, purpose: PURPOSE, subject, code }, PLAIN)
  const wrong = (code: string): string => (code === '000000' ? '000001' : '000000')

  it('makes a pending user of an unknown address, and an active one of its proof', async () => {
    const email = newEmail()
    const { user, contact, isNew } = await send(email)
    expect({ isNew, status: user.status, verifiedAt: contact.verifiedAt }).toEqual({
      isNew: true,
      status: 'pending',
      verifiedAt: null,
    })
    const { session, contact: proved } = await verify(contact.id, parts.outbox.code)
    expect(session.userId).toBe(user.id)
    expect(session.factors).toEqual([
      { kind: 'email', credentialId: contact.id, address: email, verifiedAt: parts.clock.now() },
    ])
    expect(proved.verifiedAt).toEqual(parts.clock.now())
    const profile = await parts.core.users.require(parts.projectId, user.id)
    expect(profile.user.status).toBe('active')
    expect(profile.credentials).toEqual([proved])
    // Later, the same user.
    expect(await send(` ${email.toUpperCase()}`)).toMatchObject({ isNew: false, user: { id: user.id } })
  })

  it('makes one user of an address that twenty ask for at once', async () => {
    const email = newEmail()
    const owners = await Promise.all(Array.from({ length: 20 }, () => send(email)))
    expect(new Set(owners.map(({ user }) => user.id)).size).toBe(1)
    expect(owners.filter(({ isNew }) => isNew)).toHaveLength(1)
  })

  it('refuses an unknown address where none shall be made, and writes nothing', async () => {
    const email = newEmail()
    expect(await refusalOf(send(email, { ifUnknown: 'refuse' }))).toBe('user_unknown')
    expect(await parts.core.users.findContact(parts.projectId, { kind: 'email', value: email })).toBeNull()
  })

  it('takes a code once, also from fifty at once', async () => {
    const { contact, user } = await send(newEmail())
    const { code } = parts.outbox
    const answers = await Promise.all(Array.from({ length: 50 }, () => refusalOf(verify(contact.id, code))))
    expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(1)
    expect(answers.filter((answer) => answer === 'code_unusable')).toHaveLength(49)
    expect(
      await parts.core.listSessions({ projectId: parts.projectId, door: 'moonkey', userId: user.id }),
    ).toHaveLength(1)
    expect(await refusalOf(verify(contact.id, code))).toBe('code_unusable')
  })

  it('compares five guesses and no more: the right code is refused after five wrong ones', async () => {
    const { contact } = await send(newEmail())
    const { code } = parts.outbox
    for (let guess = 0; guess < 5; guess += 1) {
      expect(await refusalOf(verify(contact.id, wrong(code)))).toBe('code_unusable')
    }
    expect(await refusalOf(verify(contact.id, code))).toBe('code_unusable')
  })

  it('takes the right code at the fifth guess, and texts that are no code cost none', async () => {
    const { contact } = await send(newEmail())
    const { code } = parts.outbox
    for (const text of ['', '12345', '1234567', 'abcdef', `${code} `]) {
      expect(await refusalOf(verify(contact.id, text))).toBe('code_unusable')
    }
    for (let guess = 0; guess < 4; guess += 1) await refusalOf(verify(contact.id, wrong(code)))
    expect(await refusalOf(verify(contact.id, code))).toBe('accepted')
  })

  it('lets at most five of a hundred parallel guesses be compared', async () => {
    const { contact } = await send(newEmail())
    const { code } = parts.outbox
    const guesses = Array.from({ length: 100 }, (_, index) =>
      String((Number(code) + index + 1) % 1_000_000).padStart(6, '0'),
    )
    const reasons = await Promise.all(
      guesses.map((guess) => verify(contact.id, guess).catch((error: AuthError) => error.reason)),
    )
    expect(reasons.filter((reason) => reason === 'code_wrong')).toHaveLength(5)
    expect(reasons.filter((reason) => reason === 'code_unknown')).toHaveLength(95)
    expect(await refusalOf(verify(contact.id, code))).toBe('code_unusable')
  })

  it('knows the newest code of a contact only', async () => {
    const email = newEmail()
    const { contact } = await send(email)
    const first = parts.outbox.code
    await send(email)
    const second = parts.outbox.code
    if (first !== second) expect(await refusalOf(verify(contact.id, first))).toBe('code_unusable')
    expect(await refusalOf(verify(contact.id, second))).toBe('accepted')
  })

  it('tells an expired code from an unknown one, and takes neither', async () => {
    const { contact } = await send(newEmail(), { minutes: 1 })
    const { code } = parts.outbox
    expect(parts.outbox.mails.at(-1)?.expiresAt).toEqual(new Date(parts.clock.now().getTime() + 60_000))
    parts.clock.advance(60_000)
    expect(await refusalOf(verify(contact.id, code))).toBe('code_expired')
    parts.clock.advance(60_000)
    expect(await refusalOf(verify(contact.id, code))).toBe('code_unusable')
    const next = await send(newEmail(), { minutes: 1 })
    parts.clock.advance(59_999)
    expect(await refusalOf(verify(next.contact.id, parts.outbox.code))).toBe('accepted')
  })

  it('finds a code by its user where the request said so', async () => {
    const { user, contact } = await send(newEmail(), { subject: 'user' })
    const { code } = parts.outbox
    expect(await refusalOf(verify(contact.id, code))).toBe('code_unusable')
    expect((await verify(user.id, code)).session.userId).toBe(user.id)
  })

  it('binds the contact, the purpose and the project', async () => {
    const { contact } = await send(newEmail())
    const { code } = parts.outbox
    const other = await send(newEmail())
    if (parts.outbox.code !== code) expect(await refusalOf(verify(other.contact.id, code))).toBe('code_unusable')
    expect(await refusalOf(verify(contact.id, code, 'another-project'))).toBe('code_unusable')
    const proof = { projectId: parts.projectId, purpose: 'moonkey.magic-link', subject: contact.id, code } as const
    expect(await refusalOf(parts.core.signInWithEmailCode('moonkey', proof, NONE))).toBe('code_unusable')
    expect(await refusalOf(verify(contact.id, code))).toBe('accepted')
  })

  it('stores neither the code nor a hash of it that could be undone', async () => {
    const { contact } = await send(newEmail())
    const { code } = parts.outbox
    const key = { projectId: parts.projectId, purpose: PURPOSE, subject: contact.id, handle: '' } as const
    const challenge = await parts.stores.challenges.find(key, parts.clock.now())
    expect(Object.values(challenge?.context ?? {})).not.toContain(code)
    expect(challenge?.nonce).not.toBe(code)
    const core = createCore({ ...parts.ports, codeHashes: createCodeHashes([new Uint8Array(32).fill(7)]) })
    const proof = { ...key, code }
    expect(await refusalOf(core.signInWithEmailCode('moonkey', proof, NONE))).toBe('code_unusable')
  })

  it('voids what was sent when the address changes hands', async () => {
    const email = newEmail()
    const { contact } = await send(email)
    const { code } = parts.outbox
    await parts.core.users.deleteCredential(parts.projectId, 'email', contact.id)
    const next = await parts.core.findOrCreateByEmail(parts.projectId, email)
    expect(next.contact.id).not.toBe(contact.id)
    expect(await refusalOf(verify(contact.id, code))).toBe('code_unusable')
    expect((await parts.core.users.require(parts.projectId, next.user.id)).user.status).toBe('pending')
  })

  it('keeps the earlier code good when the address has had its allowance of mails', async () => {
    const email = newEmail()
    const { contact } = await send(email)
    const { code } = parts.outbox
    parts.outbox.outcome = 'flooded'
    expect(await refusalOf(send(email))).toBe('rate_limited')
    parts.outbox.outcome = 'accepted'
    expect(await refusalOf(verify(contact.id, code))).toBe('accepted')
  })

  it('makes no user when there is nowhere to send mail to', async () => {
    const email = newEmail()
    const core = createCore({ ...parts.ports, mail: null })
    const request = {
      recipient: { projectId: parts.projectId, email, ifUnknown: 'create' },
      purpose: PURPOSE,
      projectName: 'My App',
      subject: 'contact',
      ttlMinutes: 5,
    } as const
    expect(await refusalOf(core.sendEmailCode(request))).toBe('mail_unavailable')
    expect(await parts.core.users.findContact(parts.projectId, { kind: 'email', value: email })).toBeNull()
  })

  it.each(['', 'ada', 'ada@', 'ada@example', 'ada@example.test\r\nBcc: eve@example.test'])(
    'refuses "%s" as an address',
    async (email) => {
      expect(await refusalOf(send(email))).toBe('address_malformed')
    },
  )

  describe('beside another session or user', () => {
    const openSession = async () => {
      const { contact } = await send(newEmail())
      return verify(contact.id, parts.outbox.code)
    }
    const existing = (sessionId: string) => ({ kind: 'existing', sessionId, ttlSeconds: null }) as const

    it('adds the proof to a session of the same user, once for each contact', async () => {
      const { session, contact } = await openSession()
      const second = newEmail()
      parts.clock.advance(1000)
      await parts.core.users.update(parts.projectId, contact.userId, { contacts: [{ kind: 'email', value: second }] })
      const { contact: added } = await send(second)
      const proof = {
        projectId: parts.projectId,
        purpose: PURPOSE,
        subject: added.id,
        code: parts.outbox.code,
      } as const
      const joined = await parts.core.signInWithEmailCode('moonkey', proof, existing(session.id))
      expect(joined.session.id).toBe(session.id)
      expect(joined.session.factors.map(({ credentialId }) => credentialId)).toEqual([contact.id, added.id])
    })

    it('refuses somebody else’s session before anything is verified, and keeps the code', async () => {
      const { session } = await openSession()
      const { contact, user } = await send(newEmail())
      const { code } = parts.outbox
      const proof = { projectId: parts.projectId, purpose: PURPOSE, subject: contact.id, code } as const
      expect(await refusalOf(parts.core.signInWithEmailCode('moonkey', proof, existing(session.id)))).toBe(
        'session_mismatch',
      )
      expect((await parts.core.users.require(parts.projectId, user.id)).user.status).toBe('pending')
      expect(await refusalOf(parts.core.signInWithEmailCode('moonkey', proof, existing('sess_unknown')))).toBe(
        'session_unusable',
      )
      expect(await refusalOf(verify(contact.id, code))).toBe('accepted')
    })

    it('proves one contact only: the user’s other one stays unproved', async () => {
      const [first, second] = [newEmail(), newEmail()]
      const contacts = [first, second].map((value) => ({ kind: 'email', value }) as const)
      const name = { first: '', middle: '', last: '' }
      const { user } = await parts.core.users.create(parts.projectId, name, contacts)
      const { contact } = await send(first)
      await verify(contact.id, parts.outbox.code)
      const { credentials } = await parts.core.users.require(parts.projectId, user.id)
      const other = credentials.find((each) => each.kind === 'email' && each.value === second)
      expect(other).toMatchObject({ verifiedAt: null })
    })

    it('gives a session of the user who was given the address, not a second user', async () => {
      const { contact } = await openSession()
      const attached = newEmail()
      await parts.core.users.update(parts.projectId, contact.userId, { contacts: [{ kind: 'email', value: attached }] })
      const sent = await send(attached)
      expect(sent).toMatchObject({ isNew: false, user: { id: contact.userId } })
      expect((await verify(sent.contact.id, parts.outbox.code)).session.userId).toBe(contact.userId)
    })
  })
})

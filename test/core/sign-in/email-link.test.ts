import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { STORES } from '../../support/gateway.ts'
import { interceptStores } from '../../support/intercept-stores.ts'
import { type EmailParts, NONE, newEmail, openEmailParts, PLAIN, refusalOf } from './email-parts.ts'

const PURPOSE = 'moonkey.magic-link'
const HAND_OVER = 'moonkey.hand-over'
const MINUTE_MS = 60_000

describe.each(STORES)('signing in with a link by mail, in %s', (store) => {
  let parts: EmailParts
  let failing: ((act: string) => boolean) | null = null
  const breakable = (stores: Stores) =>
    interceptStores(stores, (act, _, run) =>
      failing?.(act) ? Promise.reject(new AuthError('store_unavailable')) : run(),
    )
  beforeAll(async () => {
    parts = await openEmailParts(store, breakable)
  })
  afterAll(() => parts.close())

  const terms = (place: string, ttlMinutes = 60) => ({
    ttlMinutes,
    linkAround: (token: string) => `https://app.example.test/${place}?token=${token}`,
  })
  const send = (email: string, more: { minutes?: number; conceals?: boolean | null; mail?: 'invitation' } = {}) =>
    parts.core.sendMagicLink({
      recipient: { projectId: parts.projectId, email, ifUnknown: 'create' },
      purpose: PURPOSE,
      projectName: 'My App',
      mail: more.mail ?? 'sign-in',
      terms: { active: terms('login', more.minutes), pending: terms('registration', more.minutes) },
      handOver:
        more.conceals === undefined || more.conceals === null
          ? null
          : { purpose: HAND_OVER, shows: more.conceals ? { prefix: 'email_' } : 'contact' },
    })
  const tokenOf = (link: string): string => new URL(link).searchParams.get('token') ?? ''
  const verify = (token: string, projectId = parts.projectId) =>
    parts.core.signInWithMagicToken('moonkey', { projectId, purpose: PURPOSE, token }, PLAIN)
  const collect = (ticket: { token: string; id: string } | null) => {
    if (ticket === null) throw new Error('no ticket')
    return parts.core.collectHandOver({ projectId: parts.projectId, purpose: HAND_OVER, ...ticket })
  }

  it('mails a link with 48 base62 characters, and signs in whoever opens it', async () => {
    const { user, contact } = await send(newEmail())
    expect(parts.outbox.link).toMatch(/^https:\/\/app\.example\.test\/registration\?token=[0-9A-Za-z]{48}$/)
    const { session } = await verify(tokenOf(parts.outbox.link))
    expect(session).toMatchObject({ userId: user.id, factors: [{ kind: 'email', credentialId: contact.id }] })
    expect((await parts.core.users.require(parts.projectId, user.id)).user.status).toBe('active')
  })

  it('leads a user who has signed in before elsewhere than one who has not', async () => {
    const email = newEmail()
    await send(email)
    await send(email)
    expect(parts.outbox.link).toContain('/registration?')
    await verify(tokenOf(parts.outbox.link))
    await send(email)
    expect(parts.outbox.link).toContain('/login?')
  })

  it.each(['active', 'pending'] as const)(
    'fails for everybody when the link for %s users cannot be made',
    async (status) => {
      const [known, unknown] = [newEmail(), newEmail()]
      await send(known)
      await verify(tokenOf(parts.outbox.link))
      const usual = { active: terms('login'), pending: terms('registration') }
      for (const email of [known, unknown]) {
        const sending = parts.core.sendMagicLink({
          recipient: { projectId: parts.projectId, email, ifUnknown: 'create' },
          purpose: PURPOSE,
          projectName: 'My App',
          mail: 'sign-in',
          terms: { ...usual, [status]: terms('x'.repeat(4_096)) },
          handOver: null,
        })
        await expect(sending).rejects.toThrow(TypeError)
      }
      const contact = { kind: 'email', value: unknown } as const
      expect(await parts.core.users.findContact(parts.projectId, contact)).toBeNull()
    },
  )

  it('takes a token once, also from fifty at once', async () => {
    const { user } = await send(newEmail())
    const token = tokenOf(parts.outbox.link)
    const answers = await Promise.all(Array.from({ length: 50 }, () => refusalOf(verify(token))))
    expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(1)
    expect(answers.filter((answer) => answer === 'link_unusable')).toHaveLength(49)
    expect(
      await parts.core.listSessions({ projectId: parts.projectId, door: 'moonkey', userId: user.id }),
    ).toHaveLength(1)
  })

  it('keeps several links of one address good, each once', async () => {
    const email = newEmail()
    await send(email)
    const first = tokenOf(parts.outbox.link)
    await send(email)
    expect(await refusalOf(verify(tokenOf(parts.outbox.link)))).toBe('accepted')
    expect(await refusalOf(verify(first))).toBe('accepted')
    expect(await refusalOf(verify(first))).toBe('link_unusable')
  })

  it('tells an expired link from an unknown one, and takes neither', async () => {
    await send(newEmail(), { minutes: 5 })
    const token = tokenOf(parts.outbox.link)
    parts.clock.advance(5 * MINUTE_MS)
    expect(await refusalOf(verify(token))).toBe('link_expired')
    parts.clock.advance(5 * MINUTE_MS)
    expect(await refusalOf(verify(token))).toBe('link_unusable')
    await send(newEmail(), { minutes: 5 })
    parts.clock.advance(5 * MINUTE_MS - 1)
    expect(await refusalOf(verify(tokenOf(parts.outbox.link)))).toBe('accepted')
  })

  it('remembers a link for a day at most after it has expired', async () => {
    await send(newEmail(), { minutes: 10_080 })
    const token = tokenOf(parts.outbox.link)
    parts.clock.advance(10_080 * MINUTE_MS)
    expect(await refusalOf(verify(token))).toBe('link_expired')
    parts.clock.advance(1_440 * MINUTE_MS)
    expect(await refusalOf(verify(token))).toBe('link_unusable')
  })

  it('binds the project and the purpose, and knows no other text', async () => {
    await send(newEmail())
    const token = tokenOf(parts.outbox.link)
    expect(await refusalOf(verify(token, 'another-project'))).toBe('link_unusable')
    const foreign = { projectId: parts.projectId, purpose: HAND_OVER, token } as const
    expect(await refusalOf(parts.core.signInWithMagicToken('moonkey', foreign, NONE))).toBe('link_unusable')
    for (const text of ['', token.slice(1), `${token} `, token.toLowerCase(), 'x'.repeat(65_536)]) {
      expect(await refusalOf(verify(text))).toBe('link_unusable')
    }
    expect(await refusalOf(verify(token))).toBe('accepted')
  })

  it('voids a link when its address changes hands, or its user is deleted', async () => {
    const { contact } = await send(newEmail())
    const released = tokenOf(parts.outbox.link)
    await parts.core.users.deleteCredential(parts.projectId, 'email', contact.id)
    expect(await refusalOf(verify(released))).toBe('link_unusable')
    const { user } = await send(newEmail())
    const orphaned = tokenOf(parts.outbox.link)
    await parts.core.users.delete(parts.projectId, user.id)
    expect(await refusalOf(verify(orphaned))).toBe('link_unusable')
  })

  it('invites with the name of a new user, and leaves a known one’s as it is', async () => {
    const email = newEmail()
    const invite = (first: string) =>
      parts.core.sendMagicLink({
        recipient: { projectId: parts.projectId, email, ifUnknown: 'create', name: { first, middle: '', last: '' } },
        purpose: PURPOSE,
        projectName: 'My App',
        mail: 'invitation',
        terms: { active: terms('invited'), pending: terms('invited') },
        handOver: null,
      })
    expect((await invite('Ada')).user.name.first).toBe('Ada')
    expect((await invite('Eve')).user.name.first).toBe('Ada')
    expect(parts.outbox.mails.at(-1)?.mail.subject).toBe('You are invited to My App')
    expect(await refusalOf(verify(tokenOf(parts.outbox.link)))).toBe('accepted')
  })

  it('issues a token without a mail to a trusted caller', async () => {
    const { contact } = await parts.core.findOrCreateByEmail(parts.projectId, newEmail())
    const sent = parts.outbox.mails.length
    const { token, handOver } = await parts.core.issueMagicToken({
      purpose: PURPOSE,
      contact,
      ttlMinutes: 5,
      handOver: null,
    })
    expect({ length: token.length, handOver }).toEqual({ length: 48, handOver: null })
    expect(parts.outbox.mails).toHaveLength(sent)
    expect((await verify(token)).contact.id).toBe(contact.id)
  })

  describe('that somebody else asked for', () => {
    it('is handed over once, to whoever shows both, and only once it was opened', async () => {
      const { handOver, user, contact } = await send(newEmail(), { conceals: false })
      expect(handOver?.token).toMatch(/^[0-9A-Za-z]{128}$/)
      expect(handOver?.id).toBe(contact.id)
      expect(await refusalOf(collect(handOver))).toBe('hand_over_pending')
      const { session } = await verify(tokenOf(parts.outbox.link))
      expect(await refusalOf(collect({ token: handOver?.token ?? '', id: 'email_other' }))).toBe('hand_over_unusable')
      expect(await refusalOf(collect({ token: 'another', id: contact.id }))).toBe('hand_over_unusable')
      const collected = await Promise.all(
        Array.from({ length: 20 }, () => collect(handOver).catch((error: AuthError) => error.code)),
      )
      const handed = collected.filter((each) => typeof each !== 'string')
      expect(handed).toEqual([{ user: expect.objectContaining({ id: user.id, status: 'active' }), session }])
      expect(await refusalOf(collect(handOver))).toBe('hand_over_unusable')
    })

    it('tells a stranger an id that says nothing about the address', async () => {
      const email = newEmail()
      const { contact } = await parts.core.findOrCreateByEmail(parts.projectId, email)
      parts.clock.advance(1_000_000)
      const known = await send(email, { conceals: true })
      const unknown = await send(newEmail(), { conceals: true })
      expect(known.handOver?.id).not.toBe(contact.id)
      // A KSUID begins with its second: both were made now.
      expect(known.handOver?.id.slice(0, 10)).toBe(unknown.handOver?.id.slice(0, 10))
      expect(known.handOver?.id.slice(0, 10)).not.toBe(contact.id.slice(0, 10))
      await verify(tokenOf(parts.outbox.link))
      expect((await collect(unknown.handOver)).user.id).toBe(unknown.user.id)
    })

    it('has no session where none was opened, and never one that existed before', async () => {
      const email = newEmail()
      const asked = await send(email, { conceals: false })
      const proof = { projectId: parts.projectId, purpose: PURPOSE, token: tokenOf(parts.outbox.link) } as const
      await parts.core.signInWithMagicToken('moonkey', proof, NONE)
      expect((await collect(asked.handOver)).session).toBeNull()

      await send(email)
      const { session } = await verify(tokenOf(parts.outbox.link))
      const again = await send(email, { conceals: false })
      const wish = { kind: 'existing', sessionId: session.id, ttlSeconds: null } as const
      await parts.core.signInWithMagicToken('moonkey', { ...proof, token: tokenOf(parts.outbox.link) }, wish)
      expect((await collect(again.handOver)).session).toBeNull()
    })

    it('is not handed over after the session was ended, nor after ten minutes', async () => {
      const ended = await send(newEmail(), { conceals: false })
      const { session } = await verify(tokenOf(parts.outbox.link))
      await parts.core.revokeSession({ projectId: parts.projectId, door: 'moonkey', sessionId: session.id })
      expect(await refusalOf(collect(ended.handOver))).toBe('hand_over_unusable')

      const late = await send(newEmail(), { conceals: false })
      await verify(tokenOf(parts.outbox.link))
      parts.clock.advance(10 * MINUTE_MS)
      expect(await refusalOf(collect(late.handOver))).toBe('hand_over_unusable')
    })

    it('expires unopened with its link', async () => {
      const { handOver } = await send(newEmail(), { conceals: false, minutes: 5 })
      parts.clock.advance(5 * MINUTE_MS - 1)
      expect(await refusalOf(collect(handOver))).toBe('hand_over_pending')
      parts.clock.advance(1)
      expect(await refusalOf(collect(handOver))).toBe('link_expired')
      parts.clock.advance(5 * MINUTE_MS)
      expect(await refusalOf(collect(handOver))).toBe('hand_over_unusable')
    })

    it('signs in whoever opens it even when the store fails in the middle of handing over', async () => {
      const { handOver } = await send(newEmail(), { conceals: false })
      const token = tokenOf(parts.outbox.link)
      let isSpent = false
      failing = (act) => {
        if (act === 'challenges.consume') isSpent = true
        return isSpent && act === 'challenges.issue'
      }
      const signedIn = await verify(token).finally(() => {
        failing = null
      })
      expect(signedIn.session.id).toMatch(/^sess_/)
      expect(await refusalOf(collect(handOver))).toBe('hand_over_pending')
    })

    it('can be opened again when the store fails before the link is spent', async () => {
      await send(newEmail())
      const token = tokenOf(parts.outbox.link)
      failing = (act) => act === 'challenges.consume'
      expect(await refusalOf(verify(token))).toBe('store_unavailable')
      failing = null
      expect(await refusalOf(verify(token))).toBe('accepted')
    })
  })

  it('stores no token, only where to find it', async () => {
    const issued: unknown[] = []
    const watched = await openEmailParts(store, (stores) =>
      interceptStores(stores, (act, args, run) => {
        if (act === 'challenges.issue') issued.push(args)
        return run()
      }),
    )
    onTestFinished(() => watched.close())
    const { contact } = await watched.core.findOrCreateByEmail(watched.projectId, newEmail())
    const { token, handOver } = await watched.core.issueMagicToken({
      purpose: PURPOSE,
      contact,
      ttlMinutes: 5,
      handOver: { purpose: HAND_OVER, shows: 'contact' },
    })
    expect(issued).toHaveLength(2)
    expect(JSON.stringify(issued)).not.toContain(token)
    expect(JSON.stringify(issued)).not.toContain(handOver?.token)
  })
})

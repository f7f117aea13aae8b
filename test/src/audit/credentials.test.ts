import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finishPasskeyRegistration } from '../../../core/passkeys/finish-registration.ts'
import { signInWithPasskey } from '../../../core/passkeys/sign-in-with-passkey.ts'
import { createSystemRandom } from '../../../core/random.ts'
import { moonKeyProject, START } from '../../adapters/moonkey/door.ts'
import { CODES, EmailDoor, LINKS } from '../../adapters/moonkey/email-door.ts'
import { newEmail } from '../../adapters/moonkey/endpoints.ts'
import { LOGIN, openPasskeyParts, REGISTRATION } from '../../core/passkeys/parts.ts'
import { createAuthenticator } from '../../support/authenticator.ts'
import { TestClock } from '../../support/clock.ts'
import { openStoresForTests, openTestGateway, STORES } from '../../support/gateway.ts'
import { openTestMail } from '../../support/mail.ts'
import { ORIGIN } from '../../support/origin.ts'
import { openTestAudit, type TestAudit } from './memory-sink.ts'

describe.each(STORES)('the facts of e-mail addresses on %s', (store) => {
  const clock = new TestClock(START)
  const stores = openStoresForTests(store)
  const secrets = [createSystemRandom().bytes(32)]
  const mail = openTestMail(store, { clock, secrets, mail: undefined })
  let trail: TestAudit
  let door: EmailDoor
  beforeAll(async () => {
    trail = openTestAudit(clock)
    const project = moonKeyProject()
    const gateway = await openTestGateway({
      projects: [project],
      stores,
      clock,
      secrets,
      mail: mail.outbox,
      audit: trail.audit,
    })
    door = new EmailDoor(gateway, project, mail.outbox, mail.mailbox)
  })
  afterAll(async () => {
    await mail.close()
    await stores.close()
  })

  it('a code: the user, a wrong guess, the proof; and no address, code or name anywhere', async () => {
    const email = newEmail()
    const { method_id: id, otp } = await door.mailedCode(email)
    const wrong = otp === '000000' ? '000001' : '000000'
    await door.post(`${CODES}/verify`, { method_id: id, otp: wrong, session_expires_in: 60 })
    await door.ok(`${CODES}/verify`, { method_id: id, otp, session_expires_in: 60 })
    const facts = await trail.facts()
    expect(facts).toMatchObject([
      { event: 'user.created', status: 'pending' },
      { event: 'sign_in.refused', factor: 'email', code: 'code_unusable', reason: 'code_wrong' },
      { event: 'email.verified', credential: id },
      { event: 'session.opened', factor: 'email', credential: id, door: 'moonkey' },
    ])
    for (const fact of facts) expect(fact).not.toHaveProperty('proof')
    const text = JSON.stringify(facts)
    for (const secret of [email, email.split('@')[0] ?? '', `"${otp}"`]) expect(text).not.toContain(secret)
  })

  it('a link for somebody known: nothing is verified again; a used link is refused', async () => {
    const email = newEmail()
    const token = await door.mailedToken(email)
    await door.ok(`${LINKS}/verify`, { token, session_expires_in: 60 })
    await trail.facts()
    const again = await door.mailedToken(email)
    await door.ok(`${LINKS}/verify`, { token: again, session_expires_in: 60 })
    await door.post(`${LINKS}/verify`, { token: again, session_expires_in: 60 })
    const facts = await trail.facts()
    expect(facts).toMatchObject([
      { event: 'session.opened', factor: 'email' },
      { event: 'sign_in.refused', factor: 'email', code: 'link_unusable' },
    ])
    expect(JSON.stringify(facts)).not.toContain(again)
  })
})

describe.each(STORES)('the facts of passkeys on %s', (store) => {
  const parts = openPasskeyParts(store)
  const trail = openTestAudit(parts.clock)
  const ports = { ...parts.ports, audit: trail.audit }
  const terms = { projectId: parts.projectId, rpId: null, acceptsOrigin: (origin: string) => origin === ORIGIN }
  afterAll(() => parts.close())

  it('one that was made, once, and one that signs in', async () => {
    const user = await parts.newUser()
    const authenticator = createAuthenticator()
    const response = authenticator.create(await parts.begin(user.id), ORIGIN)
    const session = await parts.openSession(user.id)
    const proof = { ...terms, purpose: REGISTRATION, session, response } as const
    const passkey = await finishPasskeyRegistration(ports, proof)
    await expect(finishPasskeyRegistration(ports, proof)).rejects.toMatchObject({ code: 'passkey_unusable' })
    expect(await trail.facts()).toMatchObject([{ event: 'passkey.registered', user: user.id, credential: passkey.id }])

    const wish = { kind: 'refreshable', ttlSeconds: 60, device: null } as const
    const assertion = await parts.assertion(authenticator)
    await signInWithPasskey(ports, 'walletkit', { ...terms, purpose: LOGIN, response: assertion }, wish)
    expect(await trail.facts()).toMatchObject([
      { event: 'session.opened', door: 'walletkit', factor: 'passkey', credential: passkey.id, user: user.id },
    ])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusalOf } from '../adapters/moonkey/door.ts'
import { type EmailDoor, LINKS, openEmailGateway } from '../adapters/moonkey/email-door.ts'
import { newEmail } from '../adapters/moonkey/endpoints.ts'
import { STORES } from '../support/gateway.ts'
import { ORIGIN } from '../support/origin.ts'

const PUBLIC_PATH = `${LINKS}/public/email/login_or_create`
const SECRET_PATH = `${LINKS}/email/login_or_create`
const INVITE_PATH = `${LINKS}/email/invite`

/** A redirect that is this long in a link, and about a ninth of that as it is sent. */
function redirectOf(length: number): string {
  const signs = Math.floor((length - ORIGIN.length - 1) / 9)
  const rest = length - ORIGIN.length - 1 - 9 * signs
  return `${ORIGIN}/${'€'.repeat(signs)}${'x'.repeat(rest)}`
}
/** 4,096 in the mail, less what the token takes. */
const LONGEST = redirectOf(4_032)
const TOO_LONG = redirectOf(4_033)
const SHORT = `${ORIGIN}/in`

/** A page calls this with the public key: a link that only some addresses would get must not tell which. */
describe.each(STORES)('a redirect too long for a mail, on %s', (store) => {
  let door: EmailDoor
  let close: () => Promise<void>
  let addresses: readonly string[]
  beforeAll(async () => {
    ;({ door, close } = await openEmailGateway(store))
    const [known, pending] = [newEmail(), newEmail()]
    await door.ok(`${LINKS}/verify`, { token: await door.mailedToken(known) })
    await door.mailedToken(pending)
    addresses = [known, pending]
  })
  afterAll(() => close())

  it.each([
    ['login', TOO_LONG, SHORT],
    ['registration', SHORT, TOO_LONG],
    ['login, twice as long', redirectOf(8_000), SHORT],
    ['registration, twice as long', SHORT, redirectOf(8_000)],
    ['both', TOO_LONG, TOO_LONG],
  ])('is refused for known, pending and unknown addresses alike: %s', async (_, login, registration) => {
    const stranger = newEmail()
    const redirects = { login_redirect_url: login, registration_redirect_url: registration }
    for (const ask of [
      (email: string) => door.publicPost(PUBLIC_PATH, { email, ...redirects }),
      (email: string) => door.post(SECRET_PATH, { email, ...redirects }),
    ]) {
      const answers = []
      for (const email of [...addresses, stranger]) answers.push(await ask(email))
      expect(answers.map(refusalOf)).toEqual(Array(3).fill('400 invalid_request'))
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
      expect(answers[0]?.text).toContain('percent-encoded')
    }
    const contact = { kind: 'email', value: stranger } as const
    expect(await door.gateway.core.users.findContact(door.project.id, contact)).toBeNull()
  })

  it('is refused for an invitation too', async () => {
    for (const email of [...addresses, newEmail()]) {
      const answer = await door.post(INVITE_PATH, { email, invite_redirect_url: TOO_LONG })
      expect(refusalOf(answer)).toBe('400 invalid_request')
    }
  })

  it('is mailed to everybody where it just fits', async () => {
    const redirects = { login_redirect_url: LONGEST, registration_redirect_url: LONGEST }
    for (const [index, email] of [...addresses, newEmail()].entries()) {
      expect((await door.publicPost(PUBLIC_PATH, { email, ...redirects })).status).toBe(200)
      const link = await door.linkTo(email, index < addresses.length ? 2 : 1)
      expect(link.href).toMatch(/\?token=\w{48}$/)
      expect(link.href.length).toBe(4_032 + '?token='.length + 48)
    }
  })
})

import type { EmailAddress } from './email-address.ts'
import type { Mail } from './mail.ts'
import { codeBlock, layOutMail, linkBlock } from './mail-layout.ts'
import { formatMinutes, requireCode, requireDisplayName, requireLink } from './mail-text.ts'

export interface CodeMail {
  readonly to: EmailAddress
  readonly projectName: string
  /** Six digits. */
  readonly code: string
  readonly validMinutes: number
}

export interface LinkMail {
  readonly to: EmailAddress
  readonly projectName: string
  readonly link: string
  readonly validMinutes: number
}

/**
 * A mail with a sign-in code. The code stands in neither the subject nor a header: relays log those, and phones show them
 * locked.
 */
export function signInCodeMail({ to, projectName, code, validMinutes }: CodeMail): Mail {
  const name = requireDisplayName(projectName)
  const centre = requireCode(code)
  return compose(to, name, {
    subject: `Your sign-in code for ${name}`,
    heading: 'Your sign-in code',
    centre: { text: centre, html: codeBlock(centre) },
    paragraphs: [
      `Enter it where you are signing in. It works once and expires ${formatMinutes(validMinutes)} after you asked for it.`,
      'Never tell it to anyone, whoever asks. If you did not try to sign in, ignore this mail: without the code nobody gets in.',
    ],
  })
}

/** A mail with a link that signs in. */
export function magicLinkMail({ to, projectName, link, validMinutes }: LinkMail): Mail {
  const name = requireDisplayName(projectName)
  const url = requireLink(link)
  return compose(to, name, {
    subject: `Sign in to ${name}`,
    heading: 'Your sign-in link',
    centre: { text: url, html: linkBlock(url, 'Sign in') },
    paragraphs: [
      `The link works once and expires ${formatMinutes(validMinutes)} after you asked for it.`,
      'Open it only if you are trying to sign in yourself, and do not forward this mail. If you did not ask for it, ignore it.',
    ],
  })
}

/** A mail with a link that accepts an invitation. */
export function invitationMail({ to, projectName, link, validMinutes }: LinkMail): Mail {
  const name = requireDisplayName(projectName)
  const url = requireLink(link)
  return compose(to, name, {
    subject: `You are invited to ${name}`,
    heading: 'You are invited',
    centre: { text: url, html: linkBlock(url, 'Accept the invitation') },
    paragraphs: [
      `The link works once and expires in ${formatMinutes(validMinutes)}.`,
      'It is meant for you alone: do not forward this mail. If you did not expect it, ignore it, and nothing will happen.',
    ],
  })
}

interface Content {
  readonly subject: string
  readonly heading: string
  readonly centre: { readonly text: string; readonly html: string }
  readonly paragraphs: readonly string[]
}

function compose(to: EmailAddress, projectName: string, content: Content): Mail {
  const { subject, heading, centre, paragraphs } = content
  const text = [`${subject}:`, centre.text, ...paragraphs].join('\n\n')
  const html = layOutMail({ projectName, title: subject, heading, centre: centre.html, paragraphs })
  return { to, subject, text: `${text}\n`, html }
}

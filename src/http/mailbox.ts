import { createHash } from 'node:crypto'
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { FailureError } from '../../adapters/shared/failure.ts'
import type { HttpEnv } from '../../adapters/shared/http.ts'
import { refuseOtherMethods } from '../../adapters/shared/method-not-allowed.ts'
import type { LocalMail, LocalMailbox } from '../mail/local-mailbox.ts'
import { newestOf, renderMailbox } from './mailbox-page.ts'
import { MAILBOX_SCRIPT, MAILBOX_STYLE } from './mailbox-style.ts'
import { isNearbyAddress, isNearbyHost } from './nearby.ts'

const PAGE_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(MAILBOX_STYLE)}'`,
  `script-src '${hashOf(MAILBOX_SCRIPT)}'`,
  "connect-src 'self'",
  "frame-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** A mail may show itself and open its links in a new tab; it runs nothing, fetches nothing and has no origin. */
const MAIL_POLICY = [
  'sandbox allow-popups allow-popups-to-escape-sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ')

/**
 * `GET /mailbox`: the local mailbox, for a developer's browser. Whoever sees it can sign in as anybody, so it answers only
 * nearby machines, under names that no stranger's page can have; for everybody else it does not exist.
 */
export function mailboxRoutes(mailbox: LocalMailbox): OpenAPIHono<HttpEnv> {
  const app = new OpenAPIHono<HttpEnv>()
  app.use('/mailbox', onlyNearby)
  app.use('/mailbox/*', onlyNearby)
  app.get('/mailbox', (c) => {
    const mails = mailbox.list()
    return c.html(renderMailbox({ mails, open: mails[0] ?? null, view: 'overview' }))
  })
  app.get('/mailbox/newest', (c) => c.text(newestOf(mailbox.list())))
  app.get('/mailbox/:id', (c) =>
    c.html(renderMailbox({ mails: mailbox.list(), open: requireMail(mailbox, c.req.param('id')), view: 'reading' })),
  )
  app.get('/mailbox/:id/html', (c) => {
    const { html } = requireMail(mailbox, c.req.param('id'))
    c.header('Content-Security-Policy', MAIL_POLICY)
    return c.html(html)
  })
  const allow = 'GET, HEAD'
  refuseOtherMethods(app, {
    '/mailbox': allow,
    '/mailbox/newest': allow,
    '/mailbox/:id': allow,
    '/mailbox/:id/html': allow,
  })
  return app
}

const onlyNearby: MiddlewareHandler<HttpEnv> = async (c, next) => {
  const peer = peerOf(c)
  if (!isNearbyHost(new URL(c.req.url).hostname) || (peer !== null && !isNearbyAddress(peer))) {
    throw new FailureError({ kind: 'not_found' })
  }
  c.header('Content-Security-Policy', PAGE_POLICY)
  c.header('X-Content-Type-Options', 'nosniff')
  c.header('Referrer-Policy', 'no-referrer')
  c.header('Cross-Origin-Resource-Policy', 'same-origin')
  c.header('Cross-Origin-Opener-Policy', 'same-origin')
  c.header('Cache-Control', 'no-store')
  await next()
}

/** The address at the other end of the socket; null where there is no socket. */
function peerOf(c: Context): string | null {
  const env: { incoming?: { socket?: { remoteAddress?: unknown } } } | undefined = c.env
  const address = env?.incoming?.socket?.remoteAddress
  return typeof address === 'string' ? address : null
}

function requireMail(mailbox: LocalMailbox, id: string): LocalMail {
  const mail = mailbox.find(id)
  if (mail === null) throw new FailureError({ kind: 'not_found' })
  return mail
}

function hashOf(inline: string): string {
  return `sha256-${createHash('sha256').update(inline).digest('base64')}`
}

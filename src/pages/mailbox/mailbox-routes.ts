import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { FailureError } from '../../../adapters/shared/failure.ts'
import type { HttpEnv } from '../../../adapters/shared/http.ts'
import { refuseOtherMethods } from '../../../adapters/shared/method-not-allowed.ts'
import { inlineHash, protectPage } from '../../../adapters/shared/page.ts'
import { requireNearby } from '../../http/require-nearby.ts'
import type { LocalMail, LocalMailbox } from '../../mail/local-mailbox.ts'
import { newestOf, renderMailbox } from './mailbox-page.ts'
import { MAILBOX_SCRIPT, MAILBOX_STYLE } from './mailbox-style.ts'

const PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${inlineHash(MAILBOX_STYLE)}`,
  `script-src ${inlineHash(MAILBOX_SCRIPT)}`,
  "connect-src 'self'",
  "frame-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
]

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
  requireNearby(c)
  protectPage(c, PAGE_POLICY)
  await next()
}

function requireMail(mailbox: LocalMailbox, id: string): LocalMail {
  const mail = mailbox.find(id)
  if (mail === null) throw new FailureError({ kind: 'not_found' })
  return mail
}

import { html, raw } from 'hono/html'
import type { LocalMail } from '../../mail/local-mailbox.ts'
import { MAILBOX_SCRIPT, MAILBOX_STYLE } from './mailbox-style.ts'

const URLS = /(https?:\/\/[!-~]+)/

export interface MailboxPage {
  /** Newest first. */
  readonly mails: readonly LocalMail[]
  /** The one shown beside the list. */
  readonly open: LocalMail | null
  /** On a small screen: the list, or the mail. */
  readonly view: 'overview' | 'reading'
}

/** What stands for the state of the mailbox: the id of its newest mail. */
export function newestOf(mails: readonly LocalMail[]): string {
  return mails[0]?.id ?? 'none'
}

/** The mailbox as a page. Everything interpolated is escaped; the mail's own HTML is shown in a frame that may do nothing. */
export function renderMailbox({ mails, open, view }: MailboxPage) {
  const title =
    view === 'reading' && open !== null ? `${open.subject} – Local mailbox` : `Local mailbox (${mails.length})`
  return html`<!doctype html>
<html lang="en" data-newest="${newestOf(mails)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<noscript><meta http-equiv="refresh" content="10"></noscript>
<style>${raw(MAILBOX_STYLE)}</style>
</head>
<body class="${view}">
<a class="skip" href="#mail">Skip to the mail</a>
<header>
<h1>Local mailbox</h1>
<p>The last 50 mails of this server, newest first. None of them left it: <code>SMTP_URL</code> is not set.</p>
</header>
<div class="layout">
${mails.length === 0 ? renderEmpty() : [renderList(mails, open), renderOpen(open)]}
</div>
<script>${raw(MAILBOX_SCRIPT)}</script>
</body>
</html>
`
}

function renderEmpty() {
  return html`<main id="mail" class="card empty"><h2>No mail yet</h2><p>Ask for a code or a link, and it appears here by itself.</p></main>`
}

function renderList(mails: readonly LocalMail[], open: LocalMail | null) {
  const items = mails.map(
    (mail) => html`<li><a href="/mailbox/${mail.id}"${raw(mail.id === open?.id ? ' aria-current="page"' : '')}>
<strong>${mail.subject}</strong><span>${mail.to}</span><span class="preview">${previewOf(mail)}</span><span>${renderTime(mail)}</span></a></li>
`,
  )
  return html`<nav class="card" aria-label="Mails"><ul class="list">${items}</ul></nav>`
}

function renderOpen(mail: LocalMail | null) {
  if (mail === null) return ''
  return html`<main id="mail">
<p class="back"><a href="/mailbox">← All mails</a></p>
<article class="card mail" aria-labelledby="subject">
<div class="head">
<h2 id="subject">${mail.subject}</h2>
<dl><dt>To</dt><dd>${mail.to}</dd><dt>Time</dt><dd>${renderTime(mail)}</dd></dl>
</div>
<h3>Text</h3>
<pre>${linkUrls(mail.text)}</pre>
<h3>HTML</h3>
<iframe title="The mail as HTML" src="/mailbox/${mail.id}/html" sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"></iframe>
</article>
</main>`
}

/** The line that says what the mail brings: the code or the link. */
function previewOf({ text }: LocalMail): string {
  return text.split('\n\n')[1] ?? ''
}

function renderTime({ receivedAt }: LocalMail) {
  const iso = receivedAt.toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`
}

function linkUrls(text: string) {
  return text
    .split(URLS)
    .map((part) =>
      URLS.test(part) ? html`<a href="${part}" target="_blank" rel="noopener noreferrer">${part}</a>` : html`${part}`,
    )
}

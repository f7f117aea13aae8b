import { html, raw } from 'hono/html'
import type { MagicLink } from '../../core/index.ts'
import { PAGE_STYLE } from '../shared/page.ts'
import { describeUserAgent } from './describe-user-agent.ts'
import { MAGIC_LINK_PATH } from './magic-link.ts'
import type { WalletKitTenant } from './tenants.ts'

/** The looks of our pages, and one card in the middle. */
export const MAGIC_LINK_STYLE = `${PAGE_STYLE}
body{display:grid;place-items:center;padding:24px 16px}
main{width:100%;max-width:480px;padding:32px}
main p{margin:16px 0 0}
main p.project{margin:0 0 8px;font-size:14px;font-weight:600;color:var(--quiet);overflow-wrap:anywhere}
h1,b,dd{overflow-wrap:anywhere}
b{color:var(--strong);font-weight:650}
dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:6px 16px;margin:20px 0 0;padding:14px 16px;border:1px solid var(--line);border-radius:10px;background:var(--page);font-size:15px}
dt{color:var(--quiet)}dd{margin:0;color:var(--strong)}
main p.warning{margin-top:20px;padding:2px 0 2px 14px;border-left:4px solid var(--accent)}
button{display:block;width:100%;margin:24px 0 0;padding:14px 24px;border:0;border-radius:10px;background:var(--accent);color:var(--on-accent);font:inherit;font-size:17px;font-weight:600;cursor:pointer}
button:hover{text-decoration:underline}
button:focus-visible{border-radius:10px}
main p.quiet{font-size:14px;color:var(--quiet)}
@media (max-width:480px){body{padding:12px;place-items:start stretch}main{padding:24px 20px}}
`

/** Asks whether to go on with the sign-in. Everything interpolated is escaped. */
export function renderQuestion(
  { projectName, walletKitId }: WalletKitTenant,
  token: string,
  { email, requestedAt, ageSeconds, requester }: MagicLink,
) {
  const from = requester === null ? '' : requester.ip.replace(/^::ffff:/i, '')
  return layOut(
    `Sign in to ${projectName}?`,
    html`<h1>Sign in to <bdi>${projectName}</bdi>?</h1>
<p>Somebody asked for a sign-in link for <b>${email}</b>.</p>
<dl>
<dt>When</dt><dd>${describeAge(ageSeconds)} (${renderTime(requestedAt)})</dd>
${requester === null ? '' : html`<dt>With</dt><dd>${describeUserAgent(requester.userAgent)}</dd>`}
${from === '' ? '' : html`<dt>From</dt><dd>${from}</dd>`}
</dl>
<p class="warning"><b>Was it you?</b> Whoever asked will be signed in as you, in the window where they asked. Go on only if you
are signing in yourself, right now.</p>
<form method="post" action="${MAGIC_LINK_PATH}">
<input type="hidden" name="project" value="${walletKitId}">
<input type="hidden" name="token" value="${token}">
<button type="submit">Yes, sign me in</button>
</form>
<p class="quiet">It was not you? Close this page, and nothing happens.</p>`,
  )
}

/** Says that the sign-in is done. */
export function renderDone({ projectName }: WalletKitTenant) {
  return layOut(
    'You are signed in',
    html`<p class="project"><bdi>${projectName}</bdi></p>
<h1>You are signed in</h1>
<p>Go back to the window where you were signing in. It goes on by itself within seconds.</p>
<p class="quiet">You can close this page.</p>`,
  )
}

/** Says why nothing was done, and what to do. */
export function renderNotice(heading: string, paragraphs: readonly string[]) {
  return layOut(heading, [html`<h1>${heading}</h1>`, ...paragraphs.map((each) => html`<p>${each}</p>`)])
}

function layOut(title: string, content: ReturnType<typeof html> | readonly ReturnType<typeof html>[]) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(MAGIC_LINK_STYLE)}</style>
</head>
<body>
<main class="card">
${content}
</main>
</body>
</html>
`
}

function renderTime(time: Date) {
  const iso = time.toISOString()
  return html`<time datetime="${iso}">${iso.slice(11, 16)} UTC</time>`
}

function describeAge(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  if (minutes === 0) return 'Just now'
  return minutes === 1 ? 'A minute ago' : `${minutes} minutes ago`
}

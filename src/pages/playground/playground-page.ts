import { html, raw } from 'hono/html'
import type { PlaygroundSettings } from './playground-settings.ts'
import { PLAYGROUND_STYLE } from './playground-style.ts'

/** The playground. Everything that moves in it is its script's; the settings stand in a data block, which nothing runs. */
export function renderPlayground(settings: PlaygroundSettings, script: string) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Playground – Walletgate</title>
<link rel="icon" href="data:,">
<style>${raw(PLAYGROUND_STYLE)}</style>
</head>
<body>
<a class="skip" href="#flow">Skip to the steps</a>
<header>
<h1>Playground</h1>
<nav aria-label="Other pages"><a href="/docs">Documentation</a>${settings.hasMailbox ? html`<a href="/mailbox">Mailbox</a>` : ''}</nav>
<p>Sign in to this server the way an application does, one request at a time. Nothing leaves this machine.</p>
</header>
<main>
<div id="notice"></div>
<noscript><p class="verdict bad">The playground needs JavaScript: it makes keys and signs with them in this page.</p></noscript>
<form id="chooser" class="card" aria-label="What to try"></form>
<section class="flow" id="flow" aria-labelledby="flow-title">
<div class="head"><h2 id="flow-title">Steps</h2><span id="state" class="status">Not signed in</span><button type="button" class="small" id="start-over">Start over</button></div>
<ol id="steps"></ol>
</section>
<p id="spoken" class="visually-hidden" role="status"></p>
</main>
<script type="application/json" id="settings">${raw(escapeJson(settings))}</script>
<script>${raw(script)}</script>
</body>
</html>
`
}

/** JSON that cannot end the block it stands in. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

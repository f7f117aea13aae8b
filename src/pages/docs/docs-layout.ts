import { html, raw } from 'hono/html'
import { DOCS_STYLE } from './docs-style.ts'

export type Html = ReturnType<typeof html>

export interface ContentsEntry {
  readonly title: string
  readonly href: string
  /** Of the page that is shown. */
  readonly within: readonly { readonly title: string; readonly href: string }[]
}

export interface DocsFrame {
  readonly guides: readonly ContentsEntry[]
  readonly references: readonly ContentsEntry[]
  readonly hasPlayground: boolean
  readonly script: string
}

/** A page of the documentation. @param path where it stands, marked in the contents */
export function layOut(
  { guides, references, hasPlayground, script }: DocsFrame,
  path: string,
  title: string,
  content: Html | readonly Html[],
): Html {
  const list = (entries: readonly ContentsEntry[]) => html`<ul>${entries.map((entry) => renderEntry(entry, path))}</ul>`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Walletgate</title>
<link rel="icon" href="data:,">
<style>${raw(DOCS_STYLE)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the text</a>
<header>
<p><a href="/docs">Walletgate</a></p>
<nav aria-label="Other pages"><a href="/docs">Documentation</a>${hasPlayground ? html`<a href="/playground">Playground</a>` : ''}</nav>
</header>
<div class="layout">
<details class="contents" open>
<summary>Contents</summary>
<nav aria-label="Contents">
<h2>Guides</h2>${list(guides)}
<h2>API reference</h2>${list(references)}
</nav>
</details>
<main id="content">
${content}
</main>
</div>
<script>${raw(script)}</script>
</body>
</html>
`
}

function renderEntry({ title, href, within }: ContentsEntry, path: string): Html {
  const isHere = href === path
  const inner =
    isHere && within.length > 0
      ? html`<ul>${within.map((each) => html`<li><a href="${each.href}">${each.title}</a></li>`)}</ul>`
      : ''
  return html`<li><a href="${href}"${raw(isHere ? ' aria-current="page"' : '')}>${title}</a>${inner}</li>`
}

import { html, raw } from 'hono/html'
import type { PageAssets } from '../page-assets.ts'
import type { PlaygroundSettings } from '../playground/playground-settings.ts'
import { type DocsFrame, type Html, layOut } from './docs-layout.ts'
import { type GuidePage, renderGuides } from './guides.ts'
import type { OpenApiDocument, Reference } from './openapi-document.ts'
import { groupOperations, renderReference } from './reference-page.ts'

export interface DocsPages {
  /** `/docs` itself. */
  index(playground: PlaygroundSettings | null): Html
  /** Null: there is no such guide. */
  guide(slug: string, playground: PlaygroundSettings | null): Html | null
  /** Null: there is no such dialect here. @param playground whose first project's credentials to fill in; null: none */
  reference(name: string, playground: PlaygroundSettings | null): Html | null
}

/** The documentation of this server. @throws {SyntaxError} when a guide cannot be rendered */
export function createDocsPages(assets: PageAssets, references: readonly Reference[]): DocsPages {
  const guides = renderGuides(assets.guides)
  const documents = references.map(({ name, describe }) => ({ name, document: describe() as OpenApiDocument }))
  const frameFor = (playground: PlaygroundSettings | null): DocsFrame => ({
    guides: guides.map(({ slug, title, sections }) => ({
      title,
      href: `/docs/${slug}`,
      within: sections.map((each) => ({ title: each.title, href: `#${each.id}` })),
    })),
    references: documents.map(({ name, document }) => ({
      title: shortTitle(document),
      href: `/docs/api/${name}`,
      within: [...groupOperations(document).values()]
        .flat()
        .map(({ id, summary = id }) => ({ title: summary, href: `#${id}` })),
    })),
    hasPlayground: playground !== null,
    script: assets.docsScript,
  })

  return {
    index: (playground) =>
      layOut(frameFor(playground), '/docs', 'Documentation', renderIndex(guides, documents, playground !== null)),
    guide(slug, playground) {
      const guide = guides.find((each) => each.slug === slug)
      if (guide === undefined) return null
      const content = html`<article class="card prose"><h1>${guide.title}</h1>
${raw(guide.html)}</article>`
      return layOut(frameFor(playground), `/docs/${slug}`, guide.title, content)
    },
    reference(name, playground) {
      const found = documents.find((each) => each.name === name)
      if (found === undefined) return null
      const content = renderReference(found.document, name, playground?.projects[0] ?? null)
      return layOut(frameFor(playground), `/docs/api/${name}`, shortTitle(found.document), content)
    },
  }
}

function renderIndex(
  guides: readonly GuidePage[],
  documents: readonly { readonly name: string; readonly document: OpenApiDocument }[],
  hasPlayground: boolean,
): Html {
  return html`<div class="index">
<h1>Documentation</h1>
<p class="lead">A sign-in server for wallets that you host yourself and that speaks the APIs of WalletKit, MoonKey and 4mica.${
    hasPlayground ? html` To see it at work, open the <a href="/playground">playground</a>.` : ''
  }</p>
<h2>Guides</h2>
<ul class="cards">${guides.map(({ slug, title, summary }) => renderCard(`/docs/${slug}`, title, summary))}</ul>
<h2>API reference</h2>
<ul class="cards">${documents.map(({ name, document }) =>
    renderCard(`/docs/api/${name}`, shortTitle(document), firstSentence(document.info.description ?? '')),
  )}</ul>
</div>`
}

function renderCard(href: string, title: string, text: string): Html {
  return html`<li class="card"><a href="${href}"><strong>${title}</strong>${text}</a></li>
`
}

function shortTitle({ info }: OpenApiDocument): string {
  return info.title.replace(/ authentication, .*$/, '')
}

function firstSentence(text: string): string {
  return text.replace(/(?<=\.) .*$/s, '')
}

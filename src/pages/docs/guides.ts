import type { Guide } from '../page-assets.ts'
import { type RenderedGuide, renderMarkdown } from './markdown.ts'
import type { ResolveLink } from './markdown-inline.ts'

/** In the order in which one would read them; others follow by name. */
const ORDER = [
  'quick-start',
  'concepts',
  'clients',
  'leaving-a-vendor',
  'explain',
  'doctor',
  'security-model',
  'deploying',
  'operations',
  'faults',
  'configuration',
]

export interface GuidePage extends RenderedGuide {
  readonly slug: string
}

/** Every guide, rendered. @throws {SyntaxError} with the guide's name when one cannot be */
export function renderGuides(guides: readonly Guide[]): readonly GuidePage[] {
  const slugs = new Set(guides.map(({ slug }) => slug))
  const rank = ({ slug }: Guide) => (ORDER.includes(slug) ? ORDER.indexOf(slug) : ORDER.length)
  return guides
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ slug, text }) => {
      try {
        return { slug, ...renderMarkdown(text, resolveAmong(slugs)) }
      } catch (cause) {
        throw new SyntaxError(`docs/guides/${slug}.md: ${cause instanceof Error ? cause.message : ''}`, { cause })
      }
    })
}

/** Guides link to each other as files, which works where the repository is browsed. Its other files are not served. */
function resolveAmong(slugs: ReadonlySet<string>): ResolveLink {
  return (href) => {
    if (/^(?:https?:\/\/|#|\/)/.test(href)) return href
    const [, slug = '', fragment = ''] = /^(?:\.\/)?([\w-]+)\.md(#.*)?$/.exec(href) ?? []
    return slugs.has(slug) ? `/docs/${slug}${fragment}` : null
  }
}

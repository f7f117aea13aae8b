import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { describeConfiguration } from '../../../src/config/describe-configuration.ts'
import { renderGuides } from '../../../src/pages/docs/guides.ts'
import { loadPageAssets } from '../../../src/pages/load-assets.ts'

describe('the guides', () => {
  it('can all be rendered, and link to nothing that is not served', async () => {
    const { guides } = await loadPageAssets()
    const pages = renderGuides(guides)
    expect(pages.map(({ slug }) => slug).slice(0, 2)).toEqual(['quick-start', 'concepts'])
    for (const { slug, html } of pages) {
      for (const [, target = '', fragment] of html.matchAll(/href="\/docs\/([\w-]+)(?:#([^"]*))?"/g)) {
        const page = pages.find((each) => each.slug === target)
        expect([slug, target, page !== undefined]).toEqual([slug, target, true])
        if (fragment !== undefined) expect(page?.html).toContain(`id="${fragment}"`)
      }
    }
  })

  it('configuration.md is what the code reads (else: npx tsx scripts/write-configuration-guide.ts)', () => {
    expect(readFileSync(new URL('../../../docs/guides/configuration.md', import.meta.url), 'utf8')).toBe(
      describeConfiguration(),
    )
  })
})

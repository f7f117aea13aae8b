import { describe, expect, it } from 'vitest'
import { renderMarkdown } from '../../../src/pages/docs/markdown.ts'

const render = (body: string) => renderMarkdown(`# Title\n\n${body}\n`, (href) => href).html

describe('the guides’ Markdown', () => {
  it.each([
    ['a paragraph over\ntwo lines', '<p>a paragraph over\ntwo lines</p>'],
    ['`a < b` and ``a ` b``', '<p><code>a &lt; b</code> and <code>a ` b</code></p>'],
    ['**strong** and *faint*, 2 * 3 * 4', '<p><strong>strong</strong> and <em>faint</em>, 2 * 3 * 4</p>'],
    ['\\*as it is\\*', '<p>*as it is*</p>'],
    ['[a `b`](c.md#d)', '<p><a href="c.md#d">a <code>b</code></a></p>'],
    [
      '<https://a.example/?b&c>',
      '<p><a href="https://a.example/?b&amp;c" rel="noopener noreferrer">https://a.example/?b&amp;c</a></p>',
    ],
    ['- a\n  and more\n- b\n  1. c', '<ul><li>a\nand more</li><li>b<ol><li>c</li></ol></li></ul>'],
    ['> quoted\n> twice', '<blockquote><p>quoted\ntwice</p></blockquote>'],
    ['---', '<hr>'],
    ['<script>alert("1")</script>', '<p>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;</p>'],
  ])('renders %j', (source, html) => {
    expect(render(source)).toBe(html)
  })

  it('keeps code as it is', () => {
    const html = render('```sh\n# no heading\n\n<b> | `x`\n```')
    expect(html).toContain('<code># no heading\n\n&lt;b&gt; | `x`</code>')
  })

  it('renders tables, with bars that are text', () => {
    const html = render('| a | |\n|---|---|\n| x \\| y | `z` |')
    expect(html).toContain('<thead><tr><th scope="col">a</th><td></td></tr></thead>')
    expect(html).toContain('<tbody><tr><td>x | y</td><td><code>z</code></td></tr></tbody>')
  })

  it('names headings as GitHub does, each once', () => {
    const { html, sections } = renderMarkdown('# T\n\n## A & `b`, c\n\n## A & b, c\n\n### D', () => null)
    expect(sections).toEqual([
      { id: 'a--b-c', title: 'A & b, c' },
      { id: 'a--b-c-1', title: 'A & b, c' },
    ])
    expect(html).toContain('<h3 id="d">')
  })

  it('makes text of links that lead nowhere', () => {
    expect(renderMarkdown('# T\n\n[a](../x.md)', () => null).html).toBe('<p>a</p>')
  })

  it('says what the first paragraph says', () => {
    expect(renderMarkdown('# A `title`\n\nThe **first** [one](x),\nwhole.\n\nNext.', () => null)).toMatchObject({
      title: 'A title',
      summary: 'The first one, whole.',
    })
  })

  it.each([
    ['no title', 'text'],
    ['a second title', '# a\n\n# b'],
    ['code without an end', '# a\n\n```\nx'],
    ['an image', '# a\n\n![b](c.png)'],
    ['a table without a head', '# a\n\n| b |\n| c |'],
    ['a fence with more than a language and a file', '# a\n\n```sh a b\ny\n```'],
  ])('refuses %s', (_, text) => {
    expect(() => renderMarkdown(text, (href) => href)).toThrow(SyntaxError)
  })
})

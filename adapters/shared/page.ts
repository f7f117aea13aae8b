import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import type { HttpEnv } from './http.ts'

/** What our pages look alike in: system fonts, light and dark, readable on a phone. Nothing to fetch. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--page:#eef1f5;--card:#fff;--line:#d9dfe7;--strong:#14181d;--text:#3d4550;--quiet:#58616d;--accent:#1d4ed8;--on-accent:#fff;--chosen:#e6edff}
@media (prefers-color-scheme:dark){:root{--page:#0f1216;--card:#1a1f26;--line:#2c343f;--strong:#f2f4f7;--text:#c9d0d9;--quiet:#a3acb8;--accent:#9db8ff;--on-accent:#0b1426;--chosen:#232d42}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;background:var(--page);color:var(--text);font:16px/1.5 -apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;-webkit-text-size-adjust:100%}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:6px}
h1{margin:0;font-size:24px;line-height:1.25;color:var(--strong)}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;overflow:hidden}
`

/** How a Content-Security-Policy names an inline style or script (CSP3 §2.3.1). */
export function inlineHash(inline: string): string {
  return `'sha256-${createHash('sha256').update(inline).digest('base64')}'`
}

/** The headers of a page that shows secrets: nothing is loaded, framed, kept or told that `policy` does not allow. */
export function protectPage<E extends HttpEnv>(c: Context<E>, policy: readonly string[]): void {
  c.header('Content-Security-Policy', policy.join('; '))
  c.header('X-Content-Type-Options', 'nosniff')
  c.header('Referrer-Policy', 'no-referrer')
  c.header('Cross-Origin-Resource-Policy', 'same-origin')
  c.header('Cross-Origin-Opener-Policy', 'same-origin')
  c.header('Cache-Control', 'no-store')
}

import { escapeHtml } from './mail-text.ts'

export interface MailPage {
  readonly projectName: string
  /** The document's. */
  readonly title: string
  /** Stands below the project's name. */
  readonly heading: string
  /** The code or the button, as HTML. */
  readonly centre: string
  readonly paragraphs: readonly string[]
}

const SANS = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace"

// Mail clients differ in which styles they keep: the light design stands inline, and only what dark needs is in the sheet.
const STYLE_SHEET = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#0f1216!important}.card{background:#1a1f26!important;border-color:#2c343f!important}
.strong{color:#f2f4f7!important}.text{color:#c9d0d9!important}.quiet{color:#a3acb8!important}
.code{background:#0f1216!important;border-color:#3a4452!important;color:#f2f4f7!important}
.button{background:#9db8ff!important;color:#0b1426!important}.link{color:#9db8ff!important}}
@media (max-width:480px){.card{padding:24px 20px!important}.outer{padding:12px!important}}`

/**
 * A mail as one HTML document: readable on a phone, in the dark and by a screen reader, and without anything to fetch.
 * Everything but `centre` is escaped here.
 */
export function layOutMail({ projectName, title, heading, centre, paragraphs }: MailPage): string {
  const body = paragraphs.map(
    (paragraph) =>
      `<p class="text" style="margin:0 0 12px;font-size:15px;line-height:1.55;color:#3d4550">${escapeHtml(paragraph)}</p>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<title>${escapeHtml(title)}</title>
<style>${STYLE_SHEET}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#eef1f5;-webkit-text-size-adjust:100%">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" style="background:#eef1f5;border-collapse:collapse">
<tr><td class="outer" align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:480px;border-collapse:separate">
<tr><td class="card" style="padding:32px;background:#ffffff;border:1px solid #dde2e9;border-radius:14px;font-family:${SANS};text-align:left;overflow-wrap:anywhere">
<p class="quiet" style="margin:0 0 8px;font-size:14px;line-height:1.4;font-weight:600;color:#58616d"><bdi>${escapeHtml(projectName)}</bdi></p>
<h1 class="strong" style="margin:0 0 20px;font-size:22px;line-height:1.3;font-weight:700;color:#14181d">${escapeHtml(heading)}</h1>
${centre}
${body.join('\n')}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`
}

/** A code to read, copy or type. */
export function codeBlock(code: string): string {
  return `<p class="code" style="margin:0 0 20px;padding:16px 12px 16px 18px;background:#f4f6f9;border:1px solid #d3dae3;border-radius:10px;font-family:${MONO};font-size:32px;line-height:1.2;font-weight:700;letter-spacing:6px;text-align:center;color:#14181d">${escapeHtml(code)}</p>`
}

/** A link to press, and the same one in full for those who would rather read or copy it. */
export function linkBlock(link: string, label: string): string {
  const href = escapeHtml(link)
  return `<p style="margin:0 0 20px"><a class="button" href="${href}" target="_blank" rel="noopener noreferrer" style="display:inline-block;padding:14px 24px;background:#1d4ed8;border-radius:10px;font-size:16px;line-height:1.25;font-weight:600;color:#ffffff;text-decoration:none">${escapeHtml(label)}</a></p>
<p class="quiet" style="margin:0 0 20px;font-size:13px;line-height:1.5;color:#58616d">Or copy this link into your browser:<br><a class="link" href="${href}" target="_blank" rel="noopener noreferrer" style="color:#1d4ed8;word-break:break-all">${href}</a></p>`
}

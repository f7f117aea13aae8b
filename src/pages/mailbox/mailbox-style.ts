import { PAGE_STYLE } from '../../../adapters/shared/page.ts'

/** The looks of our pages; one column on a phone and two on a desk. */
export const MAILBOX_STYLE = `${PAGE_STYLE}
.skip{position:absolute;left:-999px}.skip:focus{left:16px;top:12px;padding:8px 12px;background:var(--card);z-index:1}
header{max-width:1160px;margin:0 auto;padding:24px 24px 8px}
header p{margin:4px 0 0;color:var(--quiet);font-size:15px}
.layout{max-width:1160px;margin:0 auto;padding:16px 24px 40px;display:grid;grid-template-columns:minmax(260px,340px) minmax(0,1fr);gap:20px;align-items:start}
.list{list-style:none;margin:0;padding:0;max-height:calc(100vh - 150px);overflow-y:auto}
.list li+li{border-top:1px solid var(--line)}
.list a{display:block;padding:14px 18px;color:inherit;text-decoration:none}
.list a:focus-visible{outline-offset:-3px}
.list a:hover{background:var(--page)}
.list a[aria-current]{background:var(--chosen);box-shadow:inset 4px 0 0 var(--accent)}
.list strong{display:block;color:var(--strong);font-weight:650;overflow-wrap:anywhere}
.list span{display:block;font-size:14px;color:var(--quiet);overflow-wrap:anywhere}
.list .preview{white-space:nowrap;overflow:hidden;text-overflow:ellipsis;color:var(--text)}
.mail h2{margin:0;font-size:20px;line-height:1.3;color:var(--strong);overflow-wrap:anywhere}
.mail .head{padding:20px 24px 16px;border-bottom:1px solid var(--line)}
.mail dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:2px 12px;margin:10px 0 0;font-size:14px}
.mail dt{color:var(--quiet)}.mail dd{margin:0;overflow-wrap:anywhere}
.mail h3{margin:0;padding:16px 24px 8px;font-size:14px;color:var(--quiet);font-weight:600}
.mail pre{margin:0;padding:4px 24px 20px;white-space:pre-wrap;overflow-wrap:anywhere;font:14px/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;color:var(--text)}
.mail iframe{display:block;width:calc(100% - 48px);height:480px;margin:4px 24px 24px;border:1px solid var(--line);border-radius:10px;resize:vertical;color-scheme:light dark}
.back{display:none;margin:0 0 12px}
.empty{grid-column:1/-1;padding:40px 24px;text-align:center}.empty h2{margin:0 0 6px;font-size:18px;color:var(--strong)}.empty p{margin:0;color:var(--quiet)}
@media (max-width:820px){
header{padding:18px 16px 4px}.layout{grid-template-columns:minmax(0,1fr);padding:12px 16px 32px}
.list{max-height:none}.overview .mail{display:none}.overview .list a[aria-current]{background:none;box-shadow:none}.reading nav{display:none}.reading .back{display:block}
.mail .head,.mail h3,.mail pre{padding-left:18px;padding-right:18px}.mail iframe{width:calc(100% - 24px);height:520px;margin:4px 12px 12px}
}
`

/** Looks for news every two seconds while the page is seen, and loads it again when there are some. */
export const MAILBOX_SCRIPT = `
const shown = document.documentElement.dataset.newest
setInterval(async () => {
  if (document.hidden) return
  try {
    const answer = await fetch('/mailbox/newest')
    if (answer.ok && (await answer.text()) !== shown) location.reload()
  } catch {}
}, 2000)
`

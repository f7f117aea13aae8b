import { TOOL_STYLE } from '../page-style.ts'

/** Contents beside the text on a desk, folded above it on a phone. */
export const DOCS_STYLE = `${TOOL_STYLE}
html{scroll-padding:20px 0 24px}
header{max-width:1240px;margin:0 auto;padding:20px 24px 0;display:flex;flex-wrap:wrap;gap:4px 24px;align-items:baseline;justify-content:space-between}
header p{margin:0;font-size:20px;font-weight:650}header p a{color:var(--strong);text-decoration:none}
header nav{display:flex;gap:20px;font-size:15px}
.layout{max-width:1240px;margin:0 auto;padding:16px 24px 48px;display:grid;grid-template-columns:240px minmax(0,1fr);gap:28px;align-items:start}
.contents{position:sticky;top:16px;max-height:calc(100vh - 32px);overflow-y:auto;font-size:15px;padding:4px}
.contents summary{display:none}
.contents h2{font-size:14px;color:var(--quiet);font-weight:600;margin:14px 0 4px}.contents h2:first-of-type{margin-top:0}
.contents ul{list-style:none;margin:0;padding:0}
.contents ul ul{margin:2px 0 6px 10px;border-left:1px solid var(--line)}
.contents a{display:block;padding:4px 10px;border-radius:8px;color:var(--text);text-decoration:none;overflow-wrap:anywhere}
.contents a:hover{background:var(--chosen)}
.contents a[aria-current]{background:var(--chosen);color:var(--strong);font-weight:600}
.contents ul ul a{font-size:14px;color:var(--quiet)}
main{min-width:0}
.prose{padding:28px 36px 36px}
.prose h2{margin:34px 0 10px}.prose h3{margin:26px 0 8px}.prose h4{margin:20px 0 6px;display:block;min-height:0}
.prose p,.prose ul,.prose ol,.prose blockquote{margin:12px 0;max-width:76ch}
.prose li{margin:4px 0}
.prose :not(pre)>code{background:var(--code);border:1px solid var(--line);border-radius:5px;padding:1px 5px}
.prose pre.code{margin:14px 0;padding:14px 16px;white-space:pre;overflow-x:auto;background:var(--code);border:1px solid var(--line);border-radius:10px}
.code-copy{display:flex;justify-content:flex-end;margin:-6px 0 14px}
.prose hr{border:0;border-top:1px solid var(--line);margin:28px 0}
.prose blockquote{margin-left:0;padding:2px 16px;border-left:4px solid var(--accent)}
.anchor{color:inherit;text-decoration:none}.anchor:hover{text-decoration:underline}
.scroll{overflow-x:auto;margin:14px 0}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:8px 12px 8px 0;border-bottom:1px solid var(--line)}
th{color:var(--quiet);font-weight:600}
td code{white-space:nowrap}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(260px,1fr));gap:14px;list-style:none;margin:14px 0 0;padding:0}
.cards a{display:block;height:100%;padding:18px 20px;color:var(--text);text-decoration:none}
.cards a:hover strong{text-decoration:underline}
.cards strong{display:block;font-size:17px;margin-bottom:4px}
.index h2{margin-top:28px}
.lead{margin:8px 0 0;max-width:76ch}
.operation{margin-top:16px;padding:22px 28px}
.operation h3{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline}
.operation .path{margin:6px 0 0;display:flex;gap:10px;align-items:baseline}
.operation>h4,.answers h4{display:block;min-height:0;margin:18px 0 0}
.operation .scroll{margin:4px 0 0}
.operation p{margin:8px 0 0}
.operation td:first-child{white-space:nowrap;padding-right:18px}
.operation .optional{color:var(--quiet)}
details.try{margin-top:18px;border-top:1px solid var(--line);padding-top:14px}
details>summary{cursor:pointer;font-weight:600;color:var(--accent)}
details.answers>summary,details.fields>summary{font-size:14px}
details.answers,details.fields{margin-top:14px}
.try form{display:grid;gap:14px;margin-top:14px}
.try label{display:block;margin-bottom:5px;font-size:14px;font-weight:600;color:var(--quiet)}
.try .row{max-width:560px}
.try .results{display:grid;gap:12px;margin-top:14px}.try .results:empty{display:none}
.group{margin:30px 0 0}
@media (max-width:860px){
header{padding:16px 16px 0}.layout{grid-template-columns:minmax(0,1fr);padding:12px 16px 40px;gap:14px}
.contents{position:static;max-height:none;border:1px solid var(--line);border-radius:12px;background:var(--card);padding:10px 14px}
.contents summary{display:block}.contents[open] summary{margin-bottom:10px}
.prose{padding:20px 18px 26px}.operation{padding:18px}
.operation table,.prose table{min-width:520px}
}
`

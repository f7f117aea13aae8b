import { PAGE_STYLE } from '../../adapters/shared/page.ts'

/** The looks of the playground and the docs: the house's, and what requests, answers and JSON look like. */
export const TOOL_STYLE = `${PAGE_STYLE}
:root{--good:#14622a;--good-back:#e3f4e6;--bad:#a3231b;--bad-back:#fdeae8;--code:#f5f7fa;--key:#7a2e8e;--text-value:#14622a;--other:#9a3d00}
@media (prefers-color-scheme:dark){:root{--good:#8fdba3;--good-back:#16301d;--bad:#ffb1a8;--bad-back:#3d1d1a;--code:#12161b;--key:#d9a8ec;--text-value:#9fdcae;--other:#f3b48a}}
[hidden]{display:none!important}
.skip{position:absolute;left:-999px}.skip:focus{left:16px;top:12px;padding:8px 12px;background:var(--card);z-index:2}
h2{margin:0;font-size:20px;line-height:1.3;color:var(--strong)}
h3{margin:0;font-size:17px;line-height:1.35;color:var(--strong)}
h4{margin:0 0 6px;font-size:14px;font-weight:600;color:var(--quiet);display:flex;justify-content:space-between;align-items:center;min-height:30px}
h4 button.small{padding:2px 10px;font-size:13px}
strong{color:var(--strong);font-weight:650}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;font-size:13px}
pre{margin:0;line-height:1.55;white-space:pre-wrap;overflow-wrap:anywhere}
code{overflow-wrap:anywhere}
.quiet{color:var(--quiet);font-size:14px}
.json .key,.headers .key{color:var(--key)}.json .text{color:var(--text-value)}.json .value{color:var(--other)}
button{font:inherit;font-weight:600;padding:10px 18px;border:1px solid var(--accent);border-radius:10px;background:var(--accent);color:var(--on-accent);cursor:pointer}
button:hover{text-decoration:underline}
button:focus-visible,input:focus-visible,select:focus-visible,textarea:focus-visible{border-radius:10px}
button.second,button.small{background:transparent;color:var(--accent)}
button.second{border-color:var(--line)}
button.small{padding:4px 12px;font-size:14px;border-color:var(--line);border-radius:8px}
input[type=text],input[type=email],input[type=password],select,textarea{width:100%;font:inherit;padding:9px 12px;border:1px solid var(--quiet);border-radius:10px;background:var(--page);color:var(--strong)}
textarea{font:13px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;resize:vertical;field-sizing:content}
.status{display:inline-block;padding:1px 9px;border-radius:999px;font-size:14px;font-weight:650;background:var(--chosen);color:var(--strong)}
.status.good{background:var(--good-back);color:var(--good)}.status.bad{background:var(--bad-back);color:var(--bad)}
.method{font-weight:700;font-size:13px;color:var(--strong);letter-spacing:.02em}
.exchange{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);border:1px solid var(--line);border-radius:10px;background:var(--code);overflow:hidden}
.exchange .side{padding:8px 16px 12px}.exchange .side+.side{border-left:1px solid var(--line)}
.exchange .line{margin:0 0 6px}.exchange p.quiet{margin:6px 0 0}.exchange .headers{margin-bottom:8px}
.exchange .curl{grid-column:1/-1;border-top:1px solid var(--line);padding:8px 16px}
.curl summary,.token summary{cursor:pointer;font-size:14px;font-weight:600;color:var(--accent)}
.curl div{padding:8px 0 4px;display:grid;gap:8px;justify-items:start}
.verdict{padding:10px 14px;border-radius:10px;background:var(--chosen);border-left:4px solid var(--accent)}
.verdict p{margin:4px 0 0}
.verdict.good{background:var(--good-back);border-color:var(--good)}.verdict.bad{background:var(--bad-back);border-color:var(--bad)}
@media (max-width:720px){.exchange{grid-template-columns:minmax(0,1fr)}.exchange .side+.side{border-left:0;border-top:1px solid var(--line)}}
`

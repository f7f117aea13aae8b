import { TOOL_STYLE } from '../page-style.ts'

/** The chooser beside the steps on a desk, above them on a phone. */
export const PLAYGROUND_STYLE = `${TOOL_STYLE}
html{scroll-padding:72px 0 24px}
header{max-width:1240px;margin:0 auto;padding:24px 24px 4px;display:flex;flex-wrap:wrap;gap:4px 24px;align-items:baseline;justify-content:space-between}
header p{margin:4px 0 0;color:var(--quiet);font-size:15px;width:100%}
header nav{display:flex;gap:20px;font-size:15px}
main{max-width:1240px;margin:0 auto;padding:16px 24px 48px;display:grid;grid-template-columns:minmax(260px,330px) minmax(0,1fr);gap:20px;align-items:start}
#chooser{padding:20px;display:grid;gap:18px;position:sticky;top:16px;max-height:calc(100vh - 32px);overflow-y:auto}
fieldset{border:0;margin:0;padding:0;min-width:0}
legend,.field label,form label{padding:0;margin:0 0 8px;font-size:14px;font-weight:600;color:var(--quiet);display:block}
.segments{display:flex;flex-wrap:wrap;gap:6px}
.segments span,.wallets span{position:relative}
.segments input,.wallets input{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:pointer}
.segments label{display:block;margin:0;padding:6px 13px;border:1px solid var(--line);border-radius:9px;font-size:15px;font-weight:500;color:var(--text)}
.segments input:checked+label,.wallets input:checked+label{background:var(--chosen);border-color:var(--accent);color:var(--strong)}
.segments input:checked+label{font-weight:650}
.segments input:focus-visible+label,.wallets input:focus-visible+label{outline:3px solid var(--accent);outline-offset:2px}
.segments input:disabled+label{color:var(--quiet);border-style:dashed;text-decoration:line-through}
.segments input:disabled{cursor:not-allowed}
.wallets{display:grid;gap:6px}
.wallets label{display:flex;gap:10px;align-items:center;margin:0;padding:9px 13px;border:1px solid var(--line);border-radius:9px;color:var(--text);font-weight:400}
.wallets img{border-radius:6px;flex:none}
.wallets strong{display:block;font-size:15px}
.address{font-size:12px;color:var(--quiet)}
fieldset .small{margin-top:8px}
fieldset .quiet,.field .quiet{margin:8px 0 0;font-size:13px}
.flow{display:grid;gap:14px}
.flow>.head{position:sticky;top:0;z-index:1;padding:8px 0;background:var(--page);display:flex;flex-wrap:wrap;gap:10px 16px;align-items:center}
.flow>.head button{margin-left:auto}
#steps{list-style:none;margin:0;padding:0;display:grid;gap:14px}
.step{padding:18px 22px}
.step .head{display:flex;gap:12px;align-items:center}
.number{flex:none;display:grid;place-items:center;width:28px;height:28px;border-radius:999px;background:var(--page);border:1px solid var(--line);color:var(--quiet);font-size:14px;font-weight:650}
.step[data-state=current]{border-color:var(--accent)}
.step[data-state=current] .number{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
.step[data-state=done] .number{background:var(--good-back);border-color:var(--good);color:var(--good)}
.step[data-state=failed],.step[data-state=failed] .number{border-color:var(--bad)}
.step[data-state=failed] .number{color:var(--bad);background:var(--bad-back)}
.step>p{margin:8px 0 0 40px}
.step form,.step .encore,.step .results{margin:14px 0 0 40px}
.step .results:empty{display:none}
.step form input{max-width:340px;margin-bottom:12px}
.buttons{display:flex;flex-wrap:wrap;gap:10px}
.results{display:grid;gap:12px}
.facts{display:grid;grid-template-columns:auto minmax(0,1fr);gap:4px 16px;margin:0;font-size:14px}
.facts dt{color:var(--quiet)}.facts dd{margin:0;color:var(--strong)}
.note{margin:0}
.token>div{display:grid;gap:10px;padding-top:10px}.token .check{margin:0;font-size:15px}
.wallet{margin:0;max-width:560px;border:1px solid var(--line);border-radius:16px;overflow:hidden;background:var(--code)}
.wallet figcaption{padding:12px 18px;border-bottom:1px solid var(--line);display:flex;flex-wrap:wrap;gap:2px 12px;justify-content:space-between;font-size:14px;color:var(--quiet)}
.wallet p{margin:12px 18px 0;display:grid;gap:2px}
.wallet pre{margin:12px 18px 18px;padding:14px 16px;background:var(--card);border:1px solid var(--line);border-radius:10px}
.visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
#notice:empty{display:none}#notice{grid-column:1/-1}#notice p{margin:0}
@media (max-width:860px){
header{padding:18px 16px 0}main{grid-template-columns:minmax(0,1fr);padding:12px 16px 40px}
#chooser{position:static;max-height:none;padding:18px}
.step{padding:16px}.step>p,.step form,.step .encore,.step .results{margin-left:0}
}
`

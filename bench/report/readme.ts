import { nameOf, textbookOf } from '../budgets.ts'
import type { SignInResults } from '../sign-in-results.ts'
import { formatTable } from '../table.ts'

const BEGIN = '<!-- written by npm run bench:report -->'
const END = '<!-- until here -->'

/** The README with the excerpt that these results make, in its place. @throws {SyntaxError} where it has no place for it */
export function withExcerpt(readme: string, results: SignInResults): string {
  const [before, rest] = split(readme, BEGIN)
  const [, after] = split(rest, END)
  return `${before}${BEGIN}\n\n${excerptOf(results)}\n\n${END}${after}`
}

/** Sign-ins of returning wallets on Redis. */
function excerptOf(results: SignInResults): string {
  const { run, rounds, signIns, signInRows } = results
  const rows = signInRows.filter(({ store, wallet }) => store === 'redis' && wallet === 'returning')
  const table = formatTable(
    [['sign-in'], ['Walletgate', 'floor', 'textbook', 'better-auth', 'textbook ÷ ours']],
    rows
      .filter(({ server }) => server === 'walletgate')
      .map((row) => {
        const costOf = (name: typeof row.server) =>
          rows.find(({ server, chain }) => server === name && chain === row.chain)?.cpu ?? null
        const textbook = textbookOf(row, results)?.cpu ?? null
        return [
          nameOf(row),
          row.cpu,
          costOf('floor'),
          textbook,
          row.dialect === '4mica' ? costOf('better-auth') : null,
          textbook === null ? null : (textbook / row.cpu).toFixed(1),
        ]
      }),
  )
  const about = `Node ${run.node.slice(1)}, ${run.machine.cpu}, ${run.machine.cores} cores, ${run.date.slice(0, 10)}: medians of ${rounds} rounds of ${signIns}.`
  return [table, about, ...(run.note === null ? [] : [`**${run.note}**`])].join('\n\n')
}

function split(text: string, mark: string): readonly [before: string, after: string] {
  const at = text.indexOf(mark)
  if (at < 0) throw new SyntaxError(`README.md has no line ${mark}`)
  return [text.slice(0, at), text.slice(at + mark.length)]
}

/** Text as it is, a number rounded to a whole, nothing for what there is none of. */
export type Cell = string | number | null

/** A table of Markdown: columns to the left, then columns to the right. */
export function formatTable(
  [left, right]: readonly [left: readonly string[], right: readonly string[]],
  rows: readonly (readonly Cell[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = [...left.map(() => '---'), ...right.map(() => '---:')]
  return [line([...left, ...right]), `|${rule.join('|')}|`, ...rows.map((cells) => line(cells.map(format)))].join('\n')
}

function format(cell: Cell): string {
  if (cell === null) return ''
  return typeof cell === 'string' ? cell : grouped(Math.round(cell))
}

/** `1,234,567`. */
export function grouped(whole: number): string {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ',')
}

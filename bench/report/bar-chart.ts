import { frame, label, MARGIN, round, rule, short, ticks, WIDTH } from './frame.ts'

export interface BarChart {
  readonly title: string
  readonly unit: string
  readonly series: readonly string[]
  /** A group of bars each: a value for each series, null where it has none. */
  readonly groups: readonly { readonly name: string; readonly values: readonly (number | null)[] }[]
}

const BAR = 18
const GAP = 16
const NAMES_WIDTH = 130

/** Bars that lie, in groups, with their values beside them. The axis begins at nought. */
export function barChart({ title, unit, series, groups }: BarChart): string {
  const left = MARGIN.left + NAMES_WIDTH - 40
  const most = Math.max(...groups.flatMap(({ values }) => values.map((value) => value ?? 0)))
  const scale = ticks(most)
  const end = WIDTH - MARGIN.right - 60
  const x = (value: number) => left + ((end - left) * value) / (scale.at(-1) ?? 1)
  const drawn: string[] = []
  let y = MARGIN.top + 4
  for (const { name, values } of groups) {
    const bars = values.flatMap((value, index) => (value === null ? [] : [{ value, index }]))
    drawn.push(label(left - 10, y + (bars.length * BAR) / 2 + 4, name, 'end'))
    for (const { value, index } of bars) {
      drawn.push(
        `<rect class="f${index}" x="${left}" y="${y}" width="${round(x(value) - left)}" height="${BAR - 3}"/>`,
        label(x(value) + 6, y + 12, short(Math.round(value)), 'start'),
      )
      y += BAR
    }
    y += GAP
  }
  const axis = scale.flatMap((value) => [
    rule(value === 0 ? 'axis' : 'grid', [x(value), MARGIN.top], [x(value), y]),
    label(x(value), y + 18, short(value), 'middle'),
  ])
  const caption = label((left + end) / 2, y + 38, unit, 'middle')
  return frame({ title, height: y + MARGIN.bottom, series }, [...axis, ...drawn, caption])
}

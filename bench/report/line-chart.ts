import { frame, label, MARGIN, round, rule, short, ticks, WIDTH } from './frame.ts'

export interface LineChart {
  readonly title: string
  readonly xUnit: string
  readonly yUnit: string
  /** `log`: each step to the right is so many times more. */
  readonly xScale: 'linear' | 'log'
  /** Where the x axis is marked; at round numbers if it is not said. */
  readonly xTicks?: readonly number[]
  readonly series: readonly { readonly name: string; readonly points: readonly Point[] }[]
}

export interface Point {
  readonly x: number
  readonly y: number
}

const HEIGHT = 400

/** Lines over an axis that begins at nought; few points are marked. */
export function lineChart({ title, xUnit, yUnit, xScale, series, xTicks: given }: LineChart): string {
  const points = series.flatMap((each) => each.points)
  const yTicks = ticks(Math.max(...points.map(({ y }) => y)))
  const xs = points.map(({ x }) => x)
  const xTicks = given ?? (xScale === 'log' ? [...new Set(xs)] : ticks(Math.max(...xs), 8))
  const bottom = HEIGHT - MARGIN.bottom - 8
  const right = WIDTH - MARGIN.right
  const along = (value: number): number => {
    if (xScale === 'linear') return value / (xTicks.at(-1) ?? 1)
    const [least, most] = [Math.log10(Math.min(...xs)), Math.log10(Math.max(...xs))]
    return (Math.log10(value) - least) / (most - least)
  }
  const x = (value: number) => MARGIN.left + (right - MARGIN.left) * along(value)
  const y = (value: number) => bottom - ((bottom - MARGIN.top) * value) / (yTicks.at(-1) ?? 1)
  return frame({ title, height: HEIGHT, series: series.map(({ name }) => name) }, [
    ...yTicks.flatMap((value) => [
      rule(value === 0 ? 'axis' : 'grid', [MARGIN.left, y(value)], [right, y(value)]),
      label(MARGIN.left - 8, y(value) + 4, short(value), 'end'),
    ]),
    ...xTicks.flatMap((value) => [
      rule('axis', [x(value), bottom], [x(value), bottom + 5]),
      label(x(value), bottom + 20, short(value), value === xTicks.at(-1) ? 'end' : 'middle'),
    ]),
    label((MARGIN.left + right) / 2, bottom + 42, xUnit, 'middle'),
    label(right, 24, yUnit, 'end'),
    ...series.map(({ points }, index) => {
      const path = points.map((point) => `${round(x(point.x))},${round(y(point.y))}`).join(' ')
      return `<polyline class="line s${index}" points="${path}"/>`
    }),
    ...series.flatMap(({ points }, index) =>
      points.length > 12
        ? []
        : points.map(
            (point) => `<circle class="f${index}" cx="${round(x(point.x))}" cy="${round(y(point.y))}" r="4"/>`,
          ),
    ),
  ])
}

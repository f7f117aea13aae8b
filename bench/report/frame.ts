/* What all charts share: the paper, its colours by day and by night, and how numbers are put on an axis. */

export const WIDTH = 760
/** Room for the axis on the left, and above for title and legend. */
export const MARGIN = { left: 64, right: 24, top: 82, bottom: 48 }

/** Of a usual one in the font below. */
const CHARACTER_WIDTH = 7.4

/** Colours of series, told apart by people who do not see all of them (after Okabe and Ito); a lighter set for the night. */
const DAY = ['#0072b2', '#d55e00', '#009e73', '#aa4499', '#8a6d00']
const NIGHT = ['#56b4e9', '#ff9e5e', '#3ddcaa', '#e38fd0', '#e6c94f']

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 16px; font-weight: 600 }
  .paper { fill: #ffffff }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .axis { stroke: #57606a; stroke-width: 1 }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
${DAY.map((colour, index) => `  .s${index} { stroke: ${colour} } .f${index} { fill: ${colour} }`).join('\n')}
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .paper { fill: #0d1117 }
    .grid { stroke: #30363d }
    .axis { stroke: #8b949e }
${NIGHT.map((colour, index) => `    .s${index} { stroke: ${colour} } .f${index} { fill: ${colour} }`).join('\n')}
  }`

/** A picture of this height: its title, the legend of its series under it, and what is drawn. */
export function frame(
  { title, height, series }: { readonly title: string; readonly height: number; readonly series: readonly string[] },
  drawn: readonly string[],
): string {
  let x: number = MARGIN.left
  let y = 38
  const legend = series.flatMap((name, index) => {
    const width = 18 + name.length * CHARACTER_WIDTH
    if (x + width > WIDTH - MARGIN.right) {
      x = MARGIN.left
      y += 20
    }
    const entry = [
      `<rect class="f${index}" x="${round(x)}" y="${y}" width="12" height="12" rx="2"/>`,
      label(x + 18, y + 11, name, 'start'),
    ]
    x += width + 16
    return entry
  })
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="${MARGIN.left}" y="24">${escapeXml(title)}</text>`,
    ...legend,
    ...drawn,
    '</svg>',
  ].join('\n')}\n`
}

export function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeXml(text)}</text>`
}

export function rule(
  className: 'grid' | 'axis',
  from: readonly [number, number],
  to: readonly [number, number],
): string {
  const [[x1, y1], [x2, y2]] = [from, to]
  return `<line class="${className}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`
}

/** Round numbers from nought to beyond the most, about so many. */
export function ticks(most: number, about = 5): readonly number[] {
  const raw = Math.max(most, Number.MIN_VALUE) / about
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step)
}

/** `12.5`, `1,000`, `1 million`. */
export function short(value: number): string {
  if (value >= 1_000_000) return `${Number((value / 1_000_000).toPrecision(3))} million`
  return Number(value.toPrecision(4)).toLocaleString('en')
}

export function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

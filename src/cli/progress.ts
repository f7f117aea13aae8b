const EVERY_MS = 200
const WIDTH = 24

interface Terminal {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** One line that says how far something is: shown on a terminal, and nowhere else. */
export interface Progress {
  /** @param share of all there is to do, from 0 to 1; null: not known */
  show(done: number, share: number | null): void
  /** Takes the line away, so that something else can be written. */
  clear(): void
}

export function createProgress(
  terminal: Terminal,
  noun: string,
  now: () => number = () => performance.now(),
): Progress {
  if (terminal.isTTY !== true) return { show() {}, clear() {} }
  const startedAt = now()
  let shownAt = Number.NEGATIVE_INFINITY
  let isShown = false
  return {
    show(done, share) {
      const at = now()
      if (at - shownAt < EVERY_MS) return
      shownAt = at
      isShown = true
      terminal.write(`\r\x1b[K${formatProgress(done, share, (at - startedAt) / 1000, noun)}`)
    },
    clear() {
      if (isShown) terminal.write('\r\x1b[K')
      isShown = false
    },
  }
}

/** Such as `[######      ]  50 %  1200 rows, 800/s, 2 s left`. */
export function formatProgress(done: number, share: number | null, seconds: number, noun: string): string {
  const rate = seconds > 0 ? Math.round(done / seconds) : 0
  const told = `${done} ${noun}, ${rate}/s`
  if (share === null) return told
  const filled = Math.round(Math.min(share, 1) * WIDTH)
  const bar = `[${'#'.repeat(filled).padEnd(WIDTH)}] ${String(Math.floor(Math.min(share, 1) * 100)).padStart(3)} %`
  const left = share > 0 && share < 1 ? `, ${formatSeconds((seconds / share) * (1 - share))} left` : ''
  return `${bar}  ${told}${left}`
}

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

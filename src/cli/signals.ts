import { constants } from 'node:os'
import { isatty } from 'node:tty'

/**
 * Terminals signal a whole process group, and npm and our own supervisor pass signals on: repeats within this are the same
 * request, milliseconds.
 */
const SAME_REQUEST_MS = 1_000
const STDIN = 0

/** What the outside asks of this process, from now on. */
export interface Signals {
  /**
   * Resolves at the first SIGTERM or SIGINT. One that comes when the first has had its time ends the process at once. A SIGHUP
   * counts where it tells that the terminal has gone in which the process was started.
   */
  readonly stopped: Promise<void>
  /** Calls this at each other SIGHUP; at once where there was one already. Without it they have no effect. */
  onReload(act: () => void): void
}

/** Call it first of all: by default each of these signals ends a process. */
export function listenToSignals(): Signals {
  let askedAt: number | undefined
  let reload: (() => void) | null = null
  let isReloadWanted = false
  const hadTerminal = isatty(STDIN)
  const stopped = new Promise<void>((resolve) => {
    const stop = (signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP') => {
      askedAt ??= performance.now()
      if (performance.now() - askedAt > SAME_REQUEST_MS) process.exit(128 + constants.signals[signal])
      resolve()
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
    process.on('SIGHUP', () => {
      if (hadTerminal && !isatty(STDIN)) stop('SIGHUP')
      else if (reload !== null) reload()
      else isReloadWanted = true
    })
  })
  return {
    stopped,
    onReload(act) {
      reload = act
      if (isReloadWanted) act()
    },
  }
}

/** Waiting, as an argument: a retry is tested without waiting for it. */
export interface Timer {
  /** Acts once after so long. The returned function takes it back. */
  after(milliseconds: number, act: () => void): () => void
}

/** Real time. Nothing that waits here keeps the process alive. */
export const systemTimer: Timer = {
  after(milliseconds, act) {
    const timeout = setTimeout(act, milliseconds).unref()
    return () => clearTimeout(timeout)
  },
}

/** Counts that replicas share. Each is over a window of time that begins with its first point, and is forgotten with it. */
export interface WindowStore {
  /**
   * Adds points to the count of this name in one step. Within a window every caller gives the same `seconds`.
   * @throws {AuthError} `store_unavailable`; whether the points were added is then unknown
   */
  add(name: string, points: number, seconds: number): Promise<WindowCount>
}

export interface WindowCount {
  /** All points of the window, these included. */
  readonly points: number
  /** Until the window ends, milliseconds, by the store's clock. */
  readonly msLeft: number
}

import type { Clock } from '../../core/ports.ts'

/** A clock that a test moves. */
export class TestClock implements Clock {
  #now: number

  constructor(start: Date | string = '2026-06-22T10:00:00.000Z') {
    this.#now = new Date(start).getTime()
  }

  now(): Date {
    return new Date(this.#now)
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds
  }

  set(time: Date | string): void {
    this.#now = new Date(time).getTime()
  }
}

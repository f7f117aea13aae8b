import type { MessageLeniencies } from './sign-in-message.ts'

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20

/** Reads a sign-in text line by line, once; `carriageReturns` and `outerSpace` are settled here and nowhere else. */
export class LineCursor {
  readonly #text: string
  readonly #leniencies: MessageLeniencies
  readonly #end: number
  #nextStart = 0
  /** The line to read, without its line end; null after the last. */
  current: string | null = null

  constructor(text: string, leniencies: MessageLeniencies) {
    this.#text = text
    this.#leniencies = leniencies
    this.#end = leniencies.outerSpace ? endWithoutSpace(text) : text.length
    this.advance()
  }

  advance(): void {
    const start = this.#nextStart
    if (start > this.#end) {
      this.current = null
      return
    }
    const lineFeed = this.#text.indexOf('\n', start)
    const end = lineFeed === -1 || lineFeed > this.#end ? this.#end : lineFeed
    this.#nextStart = end + 1
    this.current = this.#slice(start, end)
  }

  /** The line after the current one, which stays where it is; null when there is none. */
  following(): string | null {
    const { current } = this
    const start = this.#nextStart
    this.advance()
    const line = this.current
    this.current = current
    this.#nextStart = start
    return line
  }

  /** The rest of the current line when it starts with this title, which includes the space; else null. Moves on if it does. */
  take(title: string): string | null {
    const line = this.current
    if (line === null) return null
    // With outer space trimmed, an empty value has lost the space of its title.
    const isTitled = line.startsWith(title) || (this.#leniencies.outerSpace && `${line} ` === title)
    if (!isTitled) return null
    this.advance()
    return line.slice(title.length)
  }

  #slice(from: number, to: number): string {
    const text = this.#text
    let start = from
    let end = to
    if (
      this.#leniencies.carriageReturns &&
      end > start &&
      text.charCodeAt(end) === LF &&
      text.charCodeAt(end - 1) === CR
    ) {
      end--
    }
    if (this.#leniencies.outerSpace) {
      while (start < end && isBlank(text.charCodeAt(start))) start++
      while (end > start && isBlank(text.charCodeAt(end - 1))) end--
    }
    return text.slice(start, end)
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}

function endWithoutSpace(text: string): number {
  let end = text.length
  while (end > 0) {
    const code = text.charCodeAt(end - 1)
    if (!isBlank(code) && code !== LF && code !== CR) break
    end--
  }
  return end
}

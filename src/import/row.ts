/** One thing that is wrong with a row: where, what is there (a kind of value, never the value), and what to do about it. */
export interface RowFault {
  /** Such as `wallets[1].address`; null: the row as a whole. */
  readonly field: string | null
  readonly problem: string
  readonly remedy: string
}

/** A row as a reader found it: a value in the shape of NDJSON rows, or why it could not be read. */
export type RawRow =
  | { readonly line: number; readonly value: unknown }
  | { readonly line: number; readonly fault: RowFault }

/** The whole input cannot be read: nothing after this line was looked at. */
export class UnreadableInputError extends Error {
  override readonly name = 'UnreadableInputError'
  readonly line: number
  readonly fault: RowFault

  constructor(line: number, fault: RowFault) {
    super(`line ${line} ${fault.problem}`)
    this.line = line
    this.fault = fault
  }
}

/** Longer rows are passed over unread: memory stays bounded whatever the input is, bytes. */
export const MAX_ROW_BYTES = 1_048_576

/** A route by its name. One object for each, by which its count is found without building a name. */
export interface Operation {
  /** The dialect's name, or `server`. */
  readonly dialect: string
  /** The `operationId`, else the route's pattern, else `unmatched`. */
  readonly operation: string
  /** The pattern of its path, such as `/v1/auth/users/:user_id`; null: there is no such route. */
  readonly route: string | null
}

/** What a process counts while it serves. Numbers and names from closed lists only: nothing of a request gets into a label. */
export interface RequestMeter {
  /** A request has come. */
  begin(): void
  /** It was answered. Called once for each `begin`. @param outcome `ok`, or the stable word for what went wrong */
  end(operation: Operation, status: number, outcome: string, seconds: number): void
}

export interface StoreMeter {
  /** Of one act of a store, such as `challenges.find`. */
  of(act: string): ActMeter
}

export interface ActMeter {
  acted(seconds: number): void
  failed(seconds: number, reason: string): void
}

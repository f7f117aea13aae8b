/** A command cannot do what it was told: what to tell whoever gave it, without any value that may be secret, and how to exit. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

/** One thing that is wrong: where, what kind of value is there (never the value), and what to do about it. */
export interface Fault {
  /** The variable's name, or the place in the file, such as `projects[0].fourmica.chainId`. */
  readonly name: string
  readonly problem: string
  readonly remedy: string
}

/** The configuration cannot be used. It carries every fault found, in the order found, and no value of any setting. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    const lines = faults.map(
      ({ name, problem, remedy }) => `  - ${name} ${problem}. ${remedy}${remedy.endsWith('?') ? '' : '.'}`,
    )
    super(`The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${lines.join('\n')}`)
    this.faults = faults
  }
}

/** From a worker that begins: what shall I run with? */
export interface ConfigQuestion {
  readonly walletgate: 'config?'
}

/** The answer: the texts of the file. */
export interface ConfigAnswer {
  readonly walletgate: 'config'
  /** As it was when the supervisor started: what cannot change while it runs comes from here. */
  readonly started: string
  /** The last that was put into force. */
  readonly current: string
}

/** From the supervisor, each answered by `ReloadDone`; for one id in this order: `prepare`, then `use` or `discard`. */
export type ReloadOrder =
  | { readonly walletgate: 'reload'; readonly id: number; readonly step: 'prepare'; readonly text: string }
  | { readonly walletgate: 'reload'; readonly id: number; readonly step: 'use'; readonly isRecorded: boolean }
  | { readonly walletgate: 'reload'; readonly id: number; readonly step: 'discard' }

export interface ReloadDone {
  readonly walletgate: 'reloaded'
  readonly id: number
  readonly step: ReloadOrder['step']
  /** Null: done. Else a word of ours for the log. */
  readonly problem: string | null
}

export function isConfigQuestion(message: unknown): message is ConfigQuestion {
  return kindOf(message) === 'config?'
}

export function isConfigAnswer(message: unknown): message is ConfigAnswer {
  return kindOf(message) === 'config'
}

export function isReloadOrder(message: unknown): message is ReloadOrder {
  return kindOf(message) === 'reload'
}

export function isReloadDone(message: unknown): message is ReloadDone {
  return kindOf(message) === 'reloaded'
}

/** The channel carries other messages too, the cluster module's own among them. */
function kindOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null ? Reflect.get(message, 'walletgate') : undefined
}

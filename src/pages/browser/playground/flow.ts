import type { Call, Exchange } from '../shared/exchange.ts'
import type { ChainName, Signer } from './signer.ts'

/** Where a step shows what it does. */
export interface Stage {
  /** Sends and shows the call. @throws {Refused} when the answer is a refusal; {Unreachable} when there is none */
  call(call: Call): Promise<Exchange>
  /** Sends and shows a call that is meant to be refused. @throws {Unreachable} */
  provoke(call: Call): Promise<void>
  /** The text as a wallet shows it before it signs. */
  showMessage(text: string, signer: Signer): void
  showFacts(facts: readonly (readonly [name: string, value: string])[]): void
  /** A token taken apart. @param keySetPath where its keys are published; null: nowhere, for it is signed with a shared secret */
  showToken(token: string, keySetPath: string | null): Promise<void>
  /** A sentence, and where to go on. */
  showNote(text: string, link?: { readonly text: string; readonly href: string }): void
  /** Aborted when the flow is left. */
  readonly signal: AbortSignal
}

export interface Action {
  readonly label: string
  run(stage: Stage, input: string): Promise<void>
}

export interface Field {
  readonly label: string
  readonly value: string
  readonly type: 'email' | 'text'
  readonly pattern: string
  readonly autocomplete: string
}

export interface Step extends Action {
  readonly title: string
  /** What happens, in one sentence. */
  readonly sentence: string
  /** What is typed in first; null: nothing. */
  readonly field: Field | null
  /** After it somebody is signed in, or nobody is any more. */
  readonly leaves: 'signed in' | 'signed out' | null
  /** What may be tried before it, and must be refused. */
  readonly before: readonly Action[]
  /** What may be tried after it, and must be refused. */
  readonly after: readonly Action[]
}

/** A step without extras. */
export function step(required: Pick<Step, 'title' | 'sentence' | 'label' | 'run'>, extras: Partial<Step> = {}): Step {
  return { field: null, leaves: null, before: [], after: [], ...required, ...extras }
}

/** The answer says no. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly exchange: Exchange
  constructor(exchange: Exchange) {
    super(`answered ${exchange.status}`)
    this.exchange = exchange
  }
}

/** What must be there, and is when the server keeps its promises. @throws when it is not */
export function readText(exchange: Exchange, name: string): string {
  const value = (exchange.json as Readonly<Record<string, unknown>> | undefined)?.[name]
  if (typeof value !== 'string') throw new Error(`The answer has no ${name}.`)
  return value
}

/** A call with a JSON body. */
export function post(path: string, headers: Call['headers'], body: object): Call {
  return {
    method: 'POST',
    path,
    headers: [...headers, ['content-type', 'application/json']],
    body: JSON.stringify(body),
  }
}

/** What a flow with a wallet needs to know. */
export interface WalletParts {
  readonly chain: ChainName
  connect(): Promise<Signer>
  /** A wallet with another key. */
  stranger(): Signer
}

/** The value of something that an earlier step has filled in. @throws when it has not run */
export function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('An earlier step is missing.')
  return value
}

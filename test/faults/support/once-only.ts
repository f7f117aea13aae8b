import type { Call, Caller, Reply } from './caller.ts'

const ATTEMPTS = 3

/** Something that is good for once: a signature over a nonce, a refresh token. */
export interface OnceOnly {
  /** What it is and which one, apart by a space. */
  readonly name: string
  readonly call: Call
  /** How the dialect refuses it when it is spent. */
  readonly spent: number
}

/**
 * Shows it until there is an answer, as a client would, and once more afterwards, as a thief would. Null: what became of it is not known,
 * or it was spent by an attempt whose answer was lost.
 */
export async function spend(caller: Caller, thing: OnceOnly): Promise<Reply | null> {
  const { history } = caller
  const { name, call, spent } = thing
  let isAmbiguous = false
  let won: Reply | null = null
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const outcome = await caller.call(call)
    if (outcome === 'outage') {
      isAmbiguous = true
      continue
    }
    if (outcome.status === 200) won = outcome
    else if (outcome.status !== spent || (!isAmbiguous && !caller.mayForget)) refuse(caller, thing, outcome)
    break
  }
  if (won !== null) {
    history.use(name)
    history.count('ok')
    await replay(caller, thing)
  }
  // Whatever became of it, it is accepted no second time later.
  history.acknowledge(`a spent ${name}`.replace(/ \S*$/, ''), () => replay(caller, thing))
  return won
}

async function replay(caller: Caller, thing: OnceOnly): Promise<string | null> {
  const again = await caller.call(thing.call)
  if (again === 'outage' || again.status === thing.spent) return null
  if (again.status === 200) caller.history.use(thing.name)
  else refuse(caller, thing, again)
  return null
}

function refuse({ history }: Caller, { call }: OnceOnly, { status, body }: Reply): void {
  history.violate(`${call.path} refused what was good: ${status} ${JSON.stringify(body)}`)
}

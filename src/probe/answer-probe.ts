import type { Context } from 'hono'
import type { HttpEnv } from '../../adapters/shared/http.ts'
import type { Clock } from '../../core/ports.ts'
import { parseAddress } from '../limits/address.ts'
import { createProxyList } from '../limits/caller-address.ts'
import { PROBE_HEADER, type ProbeSeal } from './probe-seal.ts'

const MAX_ENTRIES = 8

/** The sealed answer to a request that carries a question of somebody who has our secret; null for every other request. */
export type AnswerProbe = (c: Context<HttpEnv>) => string | null

/** Tells of a request what `walletgate doctor` needs in order to judge the proxies in front. */
export function createProbeAnswerer(seal: ProbeSeal, trustedProxies: readonly string[], clock: Clock): AnswerProbe {
  const isProxy = createProxyList(trustedProxies)
  return (c) => {
    const header = c.req.header(PROBE_HEADER)
    const socket = c.env?.incoming?.socket
    if (header === undefined || socket === undefined) return null
    const id = seal.readQuestion(header)
    if (id === null) return null
    const address = parseAddress(socket.remoteAddress ?? '') ?? ''
    return seal.answer(id, {
      peer: { address, port: socket.remotePort ?? 0 },
      isTrusted: address !== '' && isProxy(address),
      forwardedFor: entriesOf(c.req.header('x-forwarded-for')),
      caller: c.get('callerAddress') ?? address,
      now: clock.now().getTime(),
    })
  }
}

function entriesOf(forwardedFor: string | undefined): readonly string[] | null {
  if (forwardedFor === undefined) return null
  return forwardedFor
    .split(',')
    .slice(-MAX_ENTRIES)
    .map((entry) => entry.trim().slice(0, 64))
}

import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { RandomSource } from '../../core/ports.ts'
import { createSealer, deriveKey } from '../../core/queue/seal.ts'

/** The header by which somebody who has a secret of this deployment asks how a request arrived. */
export const PROBE_HEADER = 'walletgate-probe'

const ASKING = 'walletgate/probe/ask/v1'
const ANSWERING = 'walletgate/probe/answer/v1'
const ID_BYTES = 16
const PROBE = /^([\w-]{22})\.([\w-]{43})$/

/** How a request arrived, as the server saw it. */
export interface ProbeSight {
  /** The other end of the connection. */
  readonly peer: { readonly address: string; readonly port: number }
  readonly isTrusted: boolean
  /** The newest entries of `X-Forwarded-For`; null where there is none. */
  readonly forwardedFor: readonly string[] | null
  /** The address the request counts for. */
  readonly caller: string
  /** The server’s clock, milliseconds. */
  readonly now: number
}

/**
 * Questions and answers between those who share WALLETGATE_SECRET: a question is authenticated, an answer sealed for it. Whoever
 * records or repeats either learns nothing from it and can make none.
 */
export interface ProbeSeal {
  /** A new question. */
  ask(): { readonly id: string; readonly header: string }
  /** The id of a question that was asked with one of our secrets; null for everything else. */
  readQuestion(header: string): string | null
  answer(id: string, sight: ProbeSight): string
  /** Null when it was sealed for another question, or under a secret that is not ours. */
  readAnswer(id: string, answer: string): ProbeSight | null
}

/** @param secrets newest first */
export function createProbeSeal(secrets: readonly Uint8Array[], random: RandomSource): ProbeSeal {
  const keys = secrets.map((secret) => deriveKey(secret, ASKING))
  const sealer = createSealer<ProbeSight>(secrets, ANSWERING, random)
  const [newest] = keys
  if (newest === undefined) throw new RangeError('a probe takes a secret')
  return {
    ask() {
      const id = Buffer.from(random.bytes(ID_BYTES)).toString('base64url')
      return { id, header: `${id}.${authenticate(newest, id).toString('base64url')}` }
    },
    readQuestion(header) {
      const [, id, tag] = PROBE.exec(header) ?? []
      if (id === undefined || tag === undefined) return null
      const given = Buffer.from(tag, 'base64url')
      return keys.some((key) => timingSafeEqual(authenticate(key, id), given)) ? id : null
    },
    answer: (id, sight) => sealer.seal(id, sight),
    readAnswer: (id, answer) => sealer.open(id, answer),
  }
}

function authenticate(key: KeyObject, id: string): Buffer {
  return createHmac('sha256', key).update(id).digest()
}

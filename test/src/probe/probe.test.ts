import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSystemRandom } from '../../../core/random.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { createLogger } from '../../../src/logger.ts'
import { createProbeSeal, PROBE_HEADER, type ProbeSight } from '../../../src/probe/probe-seal.ts'
import { type RunningServer, startServer } from '../../../src/server.ts'
import { freePort } from '../../support/redis-server.ts'

const random = createSystemRandom()
const [OLD, NEW, FOREIGN] = [randomBytes(32), randomBytes(32), randomBytes(32)]
const SIGHT: ProbeSight = {
  peer: { address: '10.1.2.3', port: 4567 },
  isTrusted: true,
  forwardedFor: ['192.0.2.7'],
  caller: '192.0.2.7',
  now: 1_750_000_000_000,
}

describe('questions and answers between those who share a secret', () => {
  const seal = createProbeSeal([NEW, OLD], random)

  it('are understood, also while secrets change', () => {
    for (const asker of [seal, createProbeSeal([OLD], random)]) {
      const { id, header } = asker.ask()
      expect(seal.readQuestion(header)).toBe(id)
    }
    expect(seal.readAnswer('id', createProbeSeal([OLD], random).answer('id', SIGHT))).toEqual(SIGHT)
  })

  it('are not understood by others, and others make none', () => {
    const foreign = createProbeSeal([FOREIGN], random)
    expect(seal.readQuestion(foreign.ask().header)).toBeNull()
    expect(foreign.readAnswer('id', seal.answer('id', SIGHT))).toBeNull()
    expect(seal.readAnswer('id', foreign.answer('id', SIGHT))).toBeNull()
    expect(seal.answer('id', SIGHT)).not.toMatch(/10\.1\.2\.3|192\.0\.2\.7/)
  })

  it('an answer fits its own question alone', () => {
    expect(seal.readAnswer('other', seal.answer('id', SIGHT))).toBeNull()
    expect(seal.readAnswer('id', 'no answer')).toBeNull()
  })

  it('a question with one character changed, cut off or swapped is none', () => {
    const { id, header } = seal.ask()
    const [, tag = ''] = header.split('.')
    for (let index = 0; index < header.length - 1; index += 1) {
      const changed = `${header.slice(0, index)}${header[index] === 'A' ? 'B' : 'A'}${header.slice(index + 1)}`
      expect(seal.readQuestion(changed)).toBeNull()
    }
    for (const text of [
      '',
      '.',
      id,
      `${id}.`,
      `.${tag}`,
      `${seal.ask().id}.${tag}`,
      `${header}.`,
      'x'.repeat(10_000),
    ]) {
      expect(seal.readQuestion(text)).toBeNull()
    }
  })
})

describe('GET /healthz', () => {
  let server: RunningServer
  const secret = randomBytes(32).toString('hex')
  beforeAll(async () => {
    const env = { PORT: String(await freePort()), WALLETGATE_SECRET: secret, RATE_LIMITS: 'off' }
    server = await startServer(
      loadConfig(env, () => '', random),
      createLogger('silent'),
    )
  })
  afterAll(() => server.stop())
  const ask = async (headers: Record<string, string>) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/healthz`, { headers })
    return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> }
  }

  it('tells whoever has the secret how the request arrived', async () => {
    const seal = createProbeSeal([Buffer.from(secret)], random)
    const { id, header } = seal.ask()
    const { status, body } = await ask({ [PROBE_HEADER]: header, 'x-forwarded-for': '192.0.2.9' })
    expect([status, body['status']]).toEqual([200, 'ok'])
    expect(seal.readAnswer(id, String(body['probe']))).toMatchObject({
      peer: { address: '127.0.0.1' },
      isTrusted: false,
      forwardedFor: ['192.0.2.9'],
      caller: '127.0.0.1',
    })
  })

  it.each([
    ['no question', {}],
    ['an empty one', { [PROBE_HEADER]: '' }],
    ['one of somebody else', { [PROBE_HEADER]: createProbeSeal([FOREIGN], random).ask().header }],
  ])('is the same as ever for %s', async (_, headers) => {
    expect(await ask(headers)).toEqual({ status: 200, body: { status: 'ok' } })
  })
})

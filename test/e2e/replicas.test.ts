import { describe, expect, inject, it } from 'vitest'
import { newEthereumWallet } from '../support/wallets.ts'
import { post, prove, readTokens, signIn } from './support/client.ts'
import { replicaEnv, useProgram } from './support/fixture.ts'

const RACERS = 64

describe('two processes on one Redis', () => {
  const { run } = useProgram()

  async function startTwo(): Promise<readonly [number, number]> {
    const env = replicaEnv(inject('redisUrl'))
    return Promise.all([run(env).port(), run(env).port()])
  }

  async function race(ports: readonly [number, number], path: string, body: unknown): Promise<number[]> {
    const answers = await Promise.all(
      Array.from({ length: RACERS }, (_, index) => post(ports[index % 2 === 0 ? 0 : 1], path, body)),
    )
    await Promise.all(answers.map((answer) => answer.arrayBuffer()))
    return answers.map(({ status }) => status).sort()
  }
  const oneWinner = [200, ...Array.from({ length: RACERS - 1 }, () => 401)]

  it('a nonce of one is redeemed at the other, and a refresh token too', async () => {
    const [a, b] = await startTwo()
    const tokens = await readTokens(await post(b, '/auth/verify', await prove(a, newEthereumWallet())))
    await readTokens(await post(a, '/auth/refresh', { refresh_token: tokens.refresh_token }))
  })

  it('one sign-in sent to both at once succeeds exactly once', async () => {
    const ports = await startTwo()
    for (let round = 0; round < 3; round += 1) {
      expect(await race(ports, '/auth/verify', await prove(ports[0], newEthereumWallet()))).toEqual(oneWinner)
    }
  })

  it('one refresh token sent to both at once is rotated exactly once', async () => {
    const ports = await startTwo()
    for (let round = 0; round < 3; round += 1) {
      const { refresh_token } = await signIn(ports[0], newEthereumWallet())
      expect(await race(ports, '/auth/refresh', { refresh_token })).toEqual(oneWinner)
    }
  })
})

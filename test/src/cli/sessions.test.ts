import { beforeEach, describe, expect, inject, it } from 'vitest'
import { post, readTokens, signIn } from '../../e2e/support/client.ts'
import { replicaEnv, useProgram } from '../../e2e/support/fixture.ts'
import { type Env, useShell } from '../../support/shell.ts'
import { newEthereumWallet } from '../../support/wallets.ts'

describe('walletgate sessions', () => {
  const shell = useShell()
  const program = useProgram()
  let env: Env
  let port: number
  beforeEach(async () => {
    env = replicaEnv(inject('redisUrl'))
    port = await program.run(env).port()
  })
  const run = (lines: string) => shell.run(lines, env)
  const json = async (lines: string) => JSON.parse((await run(`${lines} --json`)).stdout)
  const refresh = async (refresh_token: string) => (await post(port, '/auth/refresh', { refresh_token })).status

  it('lists the sessions of a user, ends one, then all: the server hears of it at once', async () => {
    const wallet = newEthereumWallet()
    const tokens = [await signIn(port, wallet), await signIn(port, wallet), await signIn(port, wallet)]
    const { id: user } = await json(`walletgate users find --wallet ${wallet.address}`)
    const sessions = await json(`walletgate sessions list --user ${user}`)
    expect(sessions).toHaveLength(3)
    for (const session of sessions) {
      expect(session).toMatchObject({
        id: expect.stringMatching(/^sess_\w{27}$/),
        user,
        dialect: 'fourmica',
        device: null,
      })
      expect(session.factors).toMatchObject([{ kind: 'wallet', credentialId: expect.stringMatching(/^wallet_/) }])
    }
    const shown = await run(`walletgate sessions list --user ${user}`)
    expect(shown.stdout).toMatch(
      /^(sess_\w{27} {2}fourmica {2}wallet {2}since \S+Z {2}active \S+Z {2}until \S+Z\n){3}$/,
    )
    for (const { refresh_token } of tokens)
      expect(shown.stdout + JSON.stringify(sessions)).not.toContain(refresh_token.slice(-20))

    const [first] = sessions
    expect(await json(`walletgate sessions revoke ${first.id}`)).toEqual({ revoked: [first.id] })
    expect(await refresh(tokens[0]?.refresh_token ?? '')).toBe(401)
    expect((await run(`walletgate sessions revoke ${first.id}`)).code).toBe(67)
    const { refresh_token } = await readTokens(
      await post(port, '/auth/refresh', { refresh_token: tokens[1]?.refresh_token }),
    )
    expect((await run(`walletgate sessions revoke --user ${user}`)).stdout).toBe('2 sessions revoked\n')
    expect(await refresh(refresh_token)).toBe(401)
    expect((await run(`walletgate sessions list --user ${user}`)).stdout).toBe('no live sessions\n')
  })

  it('ends the sessions of a wallet that is taken from its user', async () => {
    const wallet = newEthereumWallet()
    const tokens = await signIn(port, wallet)
    const { endedSessions } = await json(`walletgate wallets unlink ${wallet.address}`)
    expect(endedSessions).toBe(1)
    expect(await refresh(tokens.refresh_token)).toBe(401)
  })

  it('ends the sessions of a user that is deleted', async () => {
    const wallet = newEthereumWallet()
    const tokens = await signIn(port, wallet)
    const { id } = await json(`walletgate users find --wallet ${wallet.address}`)
    expect((await run(`walletgate users delete ${id} --yes`)).stdout).toBe(`${id}: deleted\n`)
    expect(await refresh(tokens.refresh_token)).toBe(401)
  })

  it.each([
    ['revoke', 64, 'name a session, or --user'],
    ['revoke sess_1 --user u', 64, 'name a session, or --user'],
    ['revoke sess_1', 67, 'no such live session'],
    ['list', 64, 'required option'],
  ])('sessions %s: exit code %i', async (args, code, message) => {
    expect(await run(`walletgate sessions ${args}`)).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(message),
    })
  })
})

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { createUsers } from '../../../core/identities/users.ts'
import { createSystemRandom } from '../../../core/random.ts'
import { replicaEnv } from '../../e2e/support/fixture.ts'
import { openTestStores } from '../../support/gateway.ts'
import { type Env, useShell } from '../../support/shell.ts'
import { newSolanaWallet } from '../../support/solana-wallets.ts'

const ADDRESS = '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A'
const OTHER = `0x${'2'.repeat(40)}`
const SOLANA = newSolanaWallet().address
const ADA = {
  id: 'vendor|ada',
  createdAt: '2024-05-01T12:00:00Z',
  name: { first: 'Ada', last: 'Love\u001b[31mlace' },
  wallets: [{ address: ADDRESS, access: { role: 'admin', scopes: ['tab:read'], status: 'suspended' } }, SOLANA],
  emails: [{ address: 'ada@example.com', verified: true }, 'second@example.com'],
  phones: ['+14155550123'],
  passkeys: [{ credentialId: 'A'.repeat(22), publicKey: 'A'.repeat(100), rpId: 'app.example.com', id: 'passkey_1' }],
}

describe('walletgate users and wallets', () => {
  const shell = useShell()
  let env: Env
  const bringAda = async () => {
    env = replicaEnv(inject('redisUrl'))
    await shell.write('ada.ndjson', JSON.stringify(ADA))
    expect(await run('walletgate users import ada.ndjson')).toMatchObject({ code: 0 })
  }
  // Once, and again after each test that changes something.
  beforeAll(bringAda)
  const run = (lines: string) => shell.run(lines, env)
  const json = async (lines: string) => {
    const { code, stdout, stderr } = await run(`${lines} --json`)
    if (code !== 0) throw new Error(stderr)
    return JSON.parse(stdout)
  }

  it('shows a user, for people and as the row that imports it', async () => {
    const { code, stdout } = await run("walletgate users show 'vendor|ada'")
    expect(code).toBe(0)
    const lines = stdout.split('\n')
    expect(lines[0]).toBe('vendor|ada  active  since 2024-05-01T12:00:00.000Z  Ada Love?[31mlace')
    expect(stdout).toMatch(
      new RegExp(
        `^ wallet +${ADDRESS} +proved 2024-05-01T12:00:00.000Z +admin, tab:read, suspended +wallet_\\w{27}$`,
        'm',
      ),
    )
    expect(stdout).toMatch(/^ email +ada@example\.com +proved 2024-05-01T12:00:00\.000Z +email_\w{27}$/m)
    expect(stdout).toMatch(/^ email +second@example\.com +not proved +email_\w{27}$/m)
    expect(stdout).toMatch(/^ passkey +A{22} for app\.example\.com +proved \S+ +passkey_1$/m)
    const row = await json("walletgate users show 'vendor|ada'")
    expect(row).toMatchObject({
      id: 'vendor|ada',
      createdAt: '2024-05-01T12:00:00.000Z',
      phones: [{ number: '+14155550123', verifiedAt: null }],
    })
  })

  it('finds by anything that recognises a user', async () => {
    for (const option of [
      '--email ADA@example.com',
      '--phone +14155550123',
      `--wallet ${ADDRESS.toLowerCase()}`,
      `--wallet eip155:1:${ADDRESS}`,
      `--wallet ${SOLANA}`,
      '--passkey passkey_1',
      `--passkey ${'A'.repeat(22)}`,
    ]) {
      expect(await json(`walletgate users find ${option}`)).toMatchObject({ id: 'vendor|ada' })
    }
  })

  it.each([
    ['find --email nobody@example.com', 67, 'nobody has that'],
    [`find --wallet ${ADDRESS} --chain eip155:1`, 67, 'nobody has that'],
    ['find --passkey passkey_2', 67, 'nobody has that'],
    ['show nobody', 67, 'no such user'],
    ['delete nobody --yes', 67, 'no such user'],
    ['unlink passkey_2', 67, 'nobody has that'],
    ["delete 'vendor|ada'", 64, 'say --yes'],
    ['find', 64, 'name one of --email, --phone, --wallet and --passkey'],
    [`find --email a@example.com --wallet ${ADDRESS}`, 64, 'name one of'],
    ['find --email secret', 64, '--email is no mail address'],
    ['find --phone 123', 64, '--phone is no E.164 number'],
    ['find --wallet 0x12', 64, '--wallet is no address'],
  ])('users %s: exit code %i, one line', async (args, code, message) => {
    const { stdout, stderr, ...result } = await run(`walletgate users ${args}`)
    expect(result).toEqual({ code })
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^error: .*\n$/)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('secret')
  })

  it('deletes a user and what it had, for good', async () => {
    onTestFinished(bringAda)
    expect(await json("walletgate users delete 'vendor|ada' --yes")).toEqual({
      user: 'vendor|ada',
      deleted: true,
      freedInactiveWallets: 1,
    })
    expect((await run("walletgate users show 'vendor|ada'")).code).toBe(67)
    expect((await run('walletgate users find --email ada@example.com')).code).toBe(67)
  })

  it('exports what it imports: to standard output, to a reader that stops, and to a file that only its owner reads', async () => {
    onTestFinished(bringAda)
    const printed = await run('walletgate users export')
    expect(printed).toMatchObject({ code: 0, stderr: '1 users\n' })
    expect(await json("walletgate users show 'vendor|ada'")).toEqual(JSON.parse(printed.stdout))
    expect(await run('walletgate users export --output out.ndjson')).toMatchObject({ code: 0, stdout: '' })
    expect(statSync(join(shell.folder, 'out.ndjson')).mode & 0o777).toBe(0o600)
    expect(await run('walletgate users export --output out.ndjson')).toMatchObject({
      code: 73,
      stderr: expect.stringContaining('there already'),
    })
    expect((await run('cat out.ndjson; rm out.ndjson')).stdout).toBe(printed.stdout)
    expect(await run('walletgate users export | true')).toMatchObject({ code: 0 })
    await shell.write('copy.ndjson', printed.stdout)
    env = { ...env, PROJECT_ID: `${env['PROJECT_ID']}-copy` }
    expect(await run('walletgate users import copy.ndjson')).toMatchObject({ code: 0 })
    expect((await run('walletgate users export')).stdout).toBe(printed.stdout)
  })

  it('links a wallet, of either chain, and takes it away again', async () => {
    onTestFinished(bringAda)
    const linked = await json(`walletgate wallets link ${OTHER} --user 'vendor|ada'`)
    expect(linked).toEqual({ wallet: expect.stringMatching(/^wallet_/), user: 'vendor|ada', address: OTHER })
    expect(await json(`walletgate wallets link ${OTHER} --user 'vendor|ada'`)).toEqual(linked)
    expect(await json(`walletgate users find --wallet ${OTHER}`)).toMatchObject({ id: 'vendor|ada' })
    await json(`walletgate wallets link ${OTHER} --chain eip155:8453 --user 'vendor|ada'`)
    expect((await run(`walletgate wallets unlink ${OTHER} --chain 8453`)).stdout).toBe(
      `${OTHER} on eip155:8453: taken from vendor|ada; 0 sessions ended\n`,
    )
    expect((await run(`walletgate wallets unlink ${SOLANA}`)).code).toBe(0)
    expect((await run(`walletgate wallets unlink ${OTHER}`)).code).toBe(0)
    expect((await run(`walletgate users find --wallet ${SOLANA}`)).code).toBe(67)
  })

  it('takes an address, a number or a passkey from its user, and ends the sessions it opened', async () => {
    onTestFinished(bringAda)
    const { emails, phones } = await json("walletgate users show 'vendor|ada'")
    const [{ id: phone }] = phones
    const { id: email } = emails.find(({ address }: { address: string }) => address === 'ada@example.com')
    const projectId = env['PROJECT_ID'] ?? ''
    const stores = openTestStores('redis', inject('redisUrl'))
    onTestFinished(() => stores.close())
    const now = new Date()
    const expiresAt = new Date(now.getTime() + 60_000)
    const open = (id: string, credentialId: string) => {
      const factors = [{ kind: 'passkey', credentialId, verifiedAt: now }] as const
      const owner = { projectId, userId: 'vendor|ada', door: 'walletkit' } as const
      return stores.sessions.open(
        { ...owner, id, factors, device: null, createdAt: now, lastActiveAt: now, expiresAt },
        null,
      )
    }
    await open('by-passkey', 'passkey_1')
    await open('by-another', 'passkey_2')
    expect(await json('walletgate users unlink passkey_1')).toEqual({
      passkey: 'passkey_1',
      user: 'vendor|ada',
      endedSessions: 1,
    })
    expect(await stores.sessions.find(projectId, 'by-passkey', now)).toBeNull()
    expect(await stores.sessions.find(projectId, 'by-another', now)).not.toBeNull()
    expect((await run(`walletgate users unlink ${email}`)).stdout).toBe(
      `${email}: taken from vendor|ada; 0 sessions ended\n`,
    )
    expect((await run(`walletgate users unlink ${phone}`)).code).toBe(0)
    for (const option of ['--passkey passkey_1', '--email ada@example.com', '--phone +14155550123']) {
      expect((await run(`walletgate users find ${option}`)).code).toBe(67)
    }
  })

  it('does not let a suspended wallet go without a word', async () => {
    onTestFinished(bringAda)
    expect(await run(`walletgate wallets unlink ${ADDRESS}`)).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('the wallet is suspended'),
    })
    expect(await json(`walletgate users find --wallet ${ADDRESS}`)).toMatchObject({ id: 'vendor|ada' })
    expect((await run(`walletgate wallets unlink ${ADDRESS} --force`)).code).toBe(0)
  })

  it.each([
    [`link ${ADDRESS} --user somebody-else`, 67, 'no such user'],
    ['link 0x12 --user u', 65, 'that is no wallet'],
    [`link ${ADDRESS.replace('E7E', 'e7E')} --user u`, 65, 'that is no wallet'],
    [`link ${ADDRESS}`, 64, 'required option'],
    [`unlink ${OTHER}`, 67, 'nobody has that wallet'],
  ])('wallets %s: exit code %i', async (args, code, message) => {
    expect(await run(`walletgate wallets ${args}`)).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(message),
    })
  })

  it('does not take a wallet from its user for another', async () => {
    const stores = openTestStores('redis', inject('redisUrl'))
    const users = createUsers({ ...stores, clock: { now: () => new Date() }, random: createSystemRandom() })
    const { user } = await users.create(env['PROJECT_ID'] ?? '', { first: '', middle: '', last: '' }, [])
    await stores.close()
    expect(await run(`walletgate wallets link ${ADDRESS} --user ${user.id}`)).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('another user’s: unlink it first'),
    })
  })

  it.each([
    'users show u',
    'users find --email a@example.com',
    'users export',
    'sessions list --user u',
    `wallets unlink ${OTHER}`,
  ])('refuses the memory store: %s', async (args) => {
    const { code, stderr } = await shell.run(`walletgate ${args}`, {})
    expect({ code, stderr }).toEqual({
      code: 78,
      stderr: expect.stringContaining('REDIS_URL is not set: a memory store lives inside the server'),
    })
  })
})

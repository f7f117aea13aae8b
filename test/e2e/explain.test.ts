import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { vectorWallet } from '../support/wallets.ts'
import { useProgram } from './support/fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'walletgate-explain-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ENV = { PROJECT_ID: 'my-app', ALLOWED_ORIGINS: 'https://app.example.com' }
const ADDRESS = '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A'
const TEXT = [
  'app.example.com wants you to sign in with your Ethereum account:',
  `${ADDRESS}\n\n`,
  'URI: https://app.example.com',
  'Version: 1',
  'Chain ID: 1',
  `Nonce: ${'n'.repeat(43)}`,
  'Issued At: 2026-06-22T10:00:00.000Z',
].join('\n')

describe('walletgate explain, as a process', () => {
  const { run } = useProgram()
  const explain = async (...args: readonly string[]) => {
    const program = run(ENV, 'explain', ...args)
    const { code } = await program.ended
    return { code, stdout: program.stdout, stderr: program.stderr }
  }
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }

  it('exits with 0, 1 and 2, and leaves standard error empty', async () => {
    const signature = file('signature.txt', `${await vectorWallet().signMessage(TEXT)}\n`)
    const terms = ['--dialect', 'walletkit', '--signature', signature]
    const accepted = await explain(...terms, '--message', file('message.txt', TEXT))
    expect(accepted).toMatchObject({ code: 0, stderr: '' })
    expect(accepted.stdout).toMatch(/^would be accepted, if its nonce is live\n/)

    const refused = await explain(...terms, '--message', file('other.txt', TEXT.replaceAll('app.', 'app2.')), '--json')
    expect(refused).toMatchObject({ code: 1, stderr: '' })
    expect(JSON.parse(refused.stdout)).toMatchObject({
      refusal: { code: 'binding_mismatch', reason: 'domain_mismatch' },
    })

    const rpc = { EVM_RPC_URLS: '{"eip155:1":"http://127.0.0.1:9"}' }
    const contract = run(
      { ...ENV, ...rpc },
      'explain',
      ...terms,
      '--message',
      file('third.txt', TEXT.replace('n', 'n ')),
      '--offline',
    )
    expect(await contract.ended).toMatchObject({ code: 1 })
    const moved = file('fourth.txt', TEXT.replace('2026-06-22', '2026-06-23'))
    const unchecked = run({ ...ENV, ...rpc }, 'explain', ...terms, '--message', moved, '--offline')
    expect(await unchecked.ended).toMatchObject({ code: 2 })
    expect(unchecked.stdout).toMatch(/^could not be checked: chain_unavailable: rpc_not_asked: /)
  })

  const USAGE = ['--message', 'x', '--signature', '0x00']
  it.each([
    ['nothing', [], 64, '--message'],
    ['no dialect where there are three', USAGE, 64, '--dialect must be one of: 4mica, moonkey, walletkit'],
    ['an unknown dialect', [...USAGE, '--dialect', 'siwe'], 64, '--dialect must be one of'],
    ['an unknown project', [...USAGE, '--dialect', '4mica', '--project', 'x'], 64, '--project must be one of: my-app'],
    ['a time that is none', [...USAGE, '--dialect', '4mica', '--now', 'today'], 64, '--now must be a time'],
    ['a file that is not there', [...USAGE, '--dialect', '4mica'], 64, 'cannot be read (ENOENT)'],
  ])('refuses %s', async (_, args, code, message) => {
    const ended = await explain(...args)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toContain(message)
    expect(ended.stderr).not.toMatch(/\bat .*\.(js|ts):/)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { formatEthereumMessage, newEthereumWallet } from '../../support/wallets.ts'
import { type FourMicaDoor, openDoor } from './door.ts'

/** A field's rule: throws what is wrong with the value. */
type Rule = (value: unknown, name: string) => void

const text: Rule = (value, name) => {
  if (typeof value !== 'string' || value.trim() === '') throw new Error(`${name} is no text`)
}
/** serde's u64 in JSON text: digits alone, no point, exponent or sign. */
const unsigned: Rule = (value, name) => {
  if (typeof value !== 'string' || !/^#(0|[1-9]\d*)$/.test(value))
    throw new Error(`${name} is no unsigned integer: ${String(value)}`)
}
const flag: Rule = (value, name) => {
  if (typeof value !== 'boolean') throw new Error(`${name} is no boolean`)
}

type Fields = Record<string, unknown>

/** JSON whose numbers stay as they were written, behind a `#`. Refuses an empty body and a key given twice. */
function readJson(json: string): Fields {
  if (json === '') throw new Error('the body is empty')
  const keys = [...json.matchAll(/"(\w+)":/g)].map(([, key]) => key)
  if (new Set(keys).size < keys.length) throw new Error(`a field is given twice: ${json}`)
  return JSON.parse(json.replaceAll(/("\w+":)(-?\d[\d.eE+-]*)(?=[,}])/g, '$1"#$2"')) as Fields
}

/** As serde decodes: every field must be there with its type, others are ignored. */
function decode(value: Fields, rules: Readonly<Record<string, Rule>>): Fields {
  for (const [name, rule] of Object.entries(rules)) rule(value[name], name)
  return value
}

interface Client {
  readonly template: Readonly<Record<string, Rule>>
  readonly chainId: string
  readonly issuedAt: string
}

const RUST: Client = {
  template: { domain: text, uri: text, chainId: unsigned, statement: text, expiration: text, issuedAt: text },
  chainId: 'chainId',
  issuedAt: 'issuedAt',
}
const DOCUMENTATION: Client = {
  template: { domain: text, uri: text, chain_id: unsigned, statement: text, expiration: text, issued_at: text },
  chainId: 'chain_id',
  issuedAt: 'issued_at',
}
const TOKENS = { access_token: text, refresh_token: text, expires_in: unsigned }

describe.each(STORES)('4mica strict clients on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: FourMicaDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  async function signInAs({ template, chainId, issuedAt }: Client) {
    const wallet = newEthereumWallet()
    const { text: nonceText } = await door.post('/auth/nonce', { address: wallet.address })
    const { nonce, siwe } = decode(readJson(nonceText), { nonce: text })
    const fields = decode(siwe as Fields, template)
    const message = formatEthereumMessage({
      domain: String(fields['domain']),
      address: wallet.address,
      statement: String(fields['statement']),
      uri: String(fields['uri']),
      version: '1',
      chainId: String(fields[chainId]).slice(1),
      nonce: String(nonce),
      issuedAt: String(fields[issuedAt]),
      expiration: String(fields['expiration']),
    })
    const proof = { address: wallet.address, message, signature: await wallet.signMessage(message) }
    return decode(readJson((await door.verify(proof)).text), TOKENS)
  }

  async function useAs(client: Client) {
    const signedIn = await signInAs(client)
    expect(signedIn['expires_in']).toBe('#900')
    const refreshed = decode(readJson((await door.refresh(signedIn['refresh_token'])).text), TOKENS)
    expect(decode(readJson((await door.logout(refreshed['refresh_token'])).text), { revoked: flag })['revoked']).toBe(
      true,
    )
    expect(decode(readJson((await door.logout(refreshed['refresh_token'])).text), { revoked: flag })['revoked']).toBe(
      false,
    )
  }

  it('4MICA-22: a strict decoder of camelCase and unsigned integers signs in, refreshes and logs out', async () => {
    await useAs(RUST)
  })

  it('4MICA-23: a reader of snake_case signs in, refreshes and logs out', async () => {
    await useAs(DOCUMENTATION)
  })

  it('4MICA-23: no answer to a POST has an empty body, and every error is a string under "error"', async () => {
    const answers = [
      await door.post('/auth/nonce', { address: newEthereumWallet().address }),
      await door.logout('unknown'),
      await door.refresh('unknown'),
      await door.post('/auth/nonce', {}),
      await door.send('/auth/verify'),
      await door.send('/auth/unknown'),
      await door.send('/auth/logout', { body: 'x'.repeat(70_000) }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 401, 400, 400, 404, 413])
    for (const { status, text: body } of answers) {
      if (status === 200) expect(body).not.toBe('')
      else decode(readJson(body), { error: text })
    }
  })
})

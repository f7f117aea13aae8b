import { afterAll, describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { planOutage } from '../../support/intercept-stores.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { openDoor, readTokens, SECRET } from './door.ts'

describe.each(STORES)('4mica logs on %s', (store) => {
  const stores = openStoresForTests(store)
  afterAll(() => stores.close())

  it('logs: no line holds a token, signature, message, nonce, address or secret, whatever the request', async () => {
    const door = await openDoor(stores)
    const wallet = newEthereumWallet()
    const proof = await door.prove(wallet)
    const template = await door.requestTemplate(wallet.address)
    const wrong = await door.prove(wallet, { template, signer: newEthereumWallet() })
    const signedIn = readTokens(await door.verify(proof))
    const refreshed = readTokens(await door.refresh(signedIn.refresh_token))
    await door.verify(proof)
    await door.verify(wrong)
    await door.verify({ ...wrong, signature: 'not-hex-signature' })
    await door.verify({ ...wrong, message: `private text\n${wrong.message}` })
    await door.post('/auth/verify', { ...wrong, message: [wrong.message] })
    await door.send('/auth/verify', {
      headers: { 'content-type': 'application/json' },
      body: `{"signature":"${wrong.signature}"`,
    })
    await door.refresh(signedIn.refresh_token)
    await door.post(`/auth/refresh?refresh_token=${refreshed.refresh_token}&api_key=query-key`, { refresh_token: 1 })
    await door.post(
      '/auth/nonce',
      { address: wallet.address },
      { authorization: `Bearer ${refreshed.access_token}`, cookie: 'c=cookie-value' },
    )
    await door.logout(refreshed.refresh_token)

    const text = JSON.stringify(door.logs)
    expect(door.logs).toHaveLength(14)
    const secrets = {
      accessToken: signedIn.access_token,
      accessSignature: String(signedIn.access_token.split('.')[2]),
      refreshToken: signedIn.refresh_token,
      refreshSecret: signedIn.refresh_token.slice(-43),
      newRefreshSecret: refreshed.refresh_token.slice(-43),
      signature: proof.signature.slice(2),
      wrongSignature: wrong.signature.slice(2),
      notHex: 'not-hex-signature',
      message: 'wants you to sign in',
      statement: 'Sign in to 4mica',
      extra: 'private text',
      nonce: template.nonce,
      usedNonce: String(/Nonce: (.*)/.exec(proof.message)?.[1]),
      address: wallet.address.slice(2),
      query: 'query-key',
      cookie: 'cookie-value',
      secret: SECRET,
    }
    for (const [name, secret] of Object.entries(secrets)) {
      expect(secret.length, name).toBeGreaterThan(7)
      expect(text.toLowerCase().includes(secret.toLowerCase()), name).toBe(false)
    }
  })

  it('logs: a store that fails with the command in its error does not take it to the log', async () => {
    const cause = Object.assign(new Error('connection lost'), {
      command: { name: 'evalsha', args: ['rfr_planted-secret'] },
    })
    const outage = planOutage(stores, new AuthError('store_unavailable', 'planted', cause))
    const door = await openDoor(outage.stores)
    outage.begin()
    await door.refresh('rfr_planted-secret')
    expect(door.logs.at(-1)).toMatchObject({
      level: 50,
      msg: 'failed',
      code: 'store_unavailable',
      err: { message: 'connection lost' },
    })
    expect(JSON.stringify(door.logs)).not.toContain('planted-secret')
  })

  it('logs: every request has one line, with the id of its answer; every refused one says code and reason', async () => {
    const door = await openDoor(stores)
    const wallet = newEthereumWallet()
    const spent = await door.prove(wallet)
    await door.verify(spent)
    const refusals: readonly [() => Promise<{ headers: Headers; status: number }>, string, string][] = [
      [() => door.verify(spent), 'challenge_unusable', 'nonce_unknown'],
      [() => door.verify({ ...spent, message: 'x' }), 'message_malformed', 'header_malformed'],
      [
        async () => door.verify(await door.prove(wallet, { fields: { chainId: 1 } })),
        'binding_mismatch',
        'chain_id_mismatch',
      ],
      [
        async () => door.verify(await door.prove(wallet, { signer: newEthereumWallet() })),
        'signature_invalid',
        'signature_invalid',
      ],
      [
        async () => door.verify(await door.prove(wallet, { resign: () => 'z' })),
        'signature_malformed',
        'signature_malformed',
      ],
      [() => door.refresh('x'), 'refresh_token_unusable', 'session_not_live'],
      [() => door.post('/auth/nonce', { address: 'x' }), 'address_malformed', 'address_malformed'],
      [() => door.post('/auth/nonce', {}), 'malformed', 'address: expected a string'],
      [
        () => door.send('/auth/nonce', { headers: { 'content-type': 'application/json' }, body: '{' }),
        'malformed',
        'body: not valid JSON',
      ],
      [() => door.send('/auth/nonce', { body: 'x'.repeat(70_000) }), 'too_large', 'too_large'],
      [() => door.send('/auth/nothing'), 'not_found', 'not_found'],
      [() => door.send('/auth/nonce', { method: 'GET' }), 'method_not_allowed', 'method_not_allowed'],
    ]
    for (const [attempt, code, reason] of refusals) {
      const { headers, status } = await attempt()
      const line = door.logs.at(-1)
      expect(line).toMatchObject({
        msg: 'refused',
        level: 30,
        requestId: headers.get('x-request-id'),
        status,
        code,
        reason,
      })
    }
    const ids = door.logs.map(({ requestId }) => requestId)
    expect(new Set(ids).size).toBe(door.logs.length)
  })
})

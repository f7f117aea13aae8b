import { afterAll, describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { JSON_TYPE } from '../../support/api-client.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { interceptStores, planOutage } from '../../support/intercept-stores.ts'
import { ethereumSigner, solanaSigner } from '../../support/signers.ts'
import {
  BEGIN,
  openDoor,
  readBegin,
  readNonce,
  readSession,
  readTrio,
  readWallet,
  refusalOf,
  SIWE_VERIFY,
  USERS,
  VERIFY,
} from './door.ts'
import { newEmail, newPhoneNumber } from './endpoints.ts'

describe.each(STORES)('MoonKey logs on %s', (store) => {
  const stores = openStoresForTests(store)
  afterAll(() => stores.close())

  it('MOON-09: no line holds a key, token, signature, message, challenge, address or contact, whatever the request', async () => {
    const door = await openDoor(stores)
    const [eth, sol, thief] = [ethereumSigner(), solanaSigner(), ethereumSigner()]
    const { challenge } = readBegin(await door.begin(eth))
    const { nonce } = readNonce(await door.nonce(sol))
    const wrong = await thief.sign(challenge)
    const signature = await eth.sign(challenge)
    const body = { wallet_type: 'ETH', public_address: eth.address, signature, session_expires_in: 60 }
    await door.verify({ ...body, signature: wrong })
    await door.verify({ ...body, signature: 'not-a-signature' })
    await door.verify({ ...body, wallet_type: 'private-type' })
    const trio = readTrio(readWallet(await door.verify(body)))
    await door.verify(body)
    const message = await door.proveBySiwe(sol, { nonce })
    await door.verifySiwe({ ...message, siwe_challenge: `private text\n${message.siwe_challenge}` })
    await door.post(SIWE_VERIFY, { ...message, siwe_challenge: [message.siwe_challenge] })
    readWallet(await door.verifySiwe(message))
    const verified = readSession(await door.verifySession({ session_jwt: trio.session_jwt }))
    await door.verifySession({ session_token: `${trio.session_token.slice(0, -8)}forged00` })
    await door.verifySession({ session_jwt: `${trio.session_jwt.slice(0, -8)}forged00` })
    await door.me(trio.session_token)
    await door.me(trio.session_jwt)
    await door.send(`/v1/auth/jwks/default?api_key=${door.secretKey}`, { method: 'GET' })
    await door.send('/v1/auth/jwks/default?api_key=sk_test_wrong-secret', { method: 'GET' })
    await door.send(`/v1auth/jwks/default?api_key=${door.secretKey}`, { method: 'GET' })
    await door.send(BEGIN, { headers: { ...JSON_TYPE, authorization: 'Bearer sk_live_wrong-secret' }, body: '{}' })
    await door.call(VERIFY, { headers: JSON_TYPE, body: `{"signature":"${signature}"` })
    await door.call(`${VERIFY}?session_token=${trio.session_token}`, {
      headers: { ...JSON_TYPE, cookie: 'c=cookie-value' },
      body: '{}',
    })
    const [email, phoneNumber] = [newEmail(), newPhoneNumber()]
    const { user_id: userId } = await door.createUser({ email, phone_number: phoneNumber, first_name: 'Privatename' })
    await door.post(`${USERS}/create`, { email })
    await door.put(`${USERS}/${userId}/update`, { metadata: { key: 'private-metadata' } })
    await door.deleteSession({ session_token: trio.session_token })

    const secrets = {
      secretKey: door.secretKey,
      publicKey: door.publicKey,
      keyTail: door.secretKey.slice(-20),
      wrongKey: 'wrong-secret',
      token: trio.session_token,
      tokenTail: trio.session_token.slice(27),
      forged: 'forged00',
      jwt: trio.session_jwt,
      jwtSignature: trio.session_jwt.slice(-40),
      freshJwtSignature: verified.session_jwt.slice(-40),
      jwtClaims: String(trio.session_jwt.split('.')[1]).slice(0, 60),
      signature: signature.slice(2),
      wrongSignature: wrong.slice(2),
      solanaSignature: message.signature,
      noSignature: 'not-a-signature',
      privateType: 'private-type',
      challenge,
      challengeRandom: challenge.slice(-43),
      login: 'Login for',
      nonce,
      message: 'wants you to sign in',
      extra: 'private text',
      address: eth.address.slice(2),
      solanaAddress: sol.address,
      email,
      phoneNumber,
      name: 'Privatename',
      metadata: 'private-metadata',
      cookie: 'cookie-value',
    }
    const text = JSON.stringify(door.logs).toLowerCase()
    expect(door.logs.length).toBeGreaterThanOrEqual(25)
    for (const [name, secret] of Object.entries(secrets)) {
      expect(secret.length, name).toBeGreaterThan(7)
      expect(text.includes(secret.toLowerCase()), name).toBe(false)
    }
  })

  it('MOON-09: neither a failing store nor a defect takes what was sent to the log', async () => {
    const command = { name: 'evalsha', args: ['planted-secret'] }
    for (const thrown of [
      new AuthError('store_unavailable', 'planted', Object.assign(new Error('connection lost'), { command })),
      Object.assign(new TypeError('undefined is not a function'), { command }),
    ]) {
      const outage = planOutage(stores, thrown)
      const door = await openDoor(outage.stores)
      const trio = await door.openSession()
      outage.begin()
      await door.verifySession({ session_token: trio.session_token })
      await door.post(`${USERS}/create`, { email: 'planted-secret@example.test' })
      expect(door.logs.at(-1)).toMatchObject({ level: 50, err: { stack: expect.any(String) } })
      for (const secret of ['planted-secret', trio.session_token, door.secretKey]) {
        expect(JSON.stringify(door.logs)).not.toContain(secret)
      }
    }
  })

  it('MOON-09: the store is never given a session token, a JWT or a signature', async () => {
    const given: string[] = []
    const recording = interceptStores(stores, (_, args, run) => {
      given.push(JSON.stringify(args))
      return run()
    })
    const door = await openDoor(recording)
    const signer = ethereumSigner()
    const body = await door.prove(signer, { session_expires_in: 60 })
    const { session_token, session_jwt } = readTrio(readWallet(await door.verify(body)))
    await door.verifySession({ session_token })
    await door.verifySession({ session_jwt, session_expires_in: 30 })
    await door.verify(await door.prove(signer, { session_token }))
    await door.deleteSession({ session_jwt })
    const text = given.join('\n')
    expect(text).toContain(door.project.id)
    for (const secret of [session_token, session_token.slice(27), session_jwt, body.signature]) {
      expect(text).not.toContain(secret)
    }
  })

  it('MOON-09: every request has one line, with the id of its answer; a refused one says code and reason', async () => {
    const door = await openDoor(stores)
    const signer = ethereumSigner()
    const spent = await door.prove(signer)
    await door.verify(spent)
    const { session_token: stranger } = await door.openSession()
    const refusals: readonly (readonly [() => Promise<{ headers: Headers; status: number }>, string, string])[] = [
      [() => door.verify(spent), 'challenge_unusable', 'nonce_unknown'],
      [
        async () => door.verify({ ...(await door.prove(signer)), signature: spent.signature }),
        'signature_invalid',
        'signature_invalid',
      ],
      [
        async () => door.verify({ ...(await door.prove(signer)), signature: 'z' }),
        'signature_malformed',
        'signature_malformed',
      ],
      [
        async () => door.verifySiwe(await door.proveBySiwe(signer, { domain: 'evil.example' })),
        'binding_mismatch',
        'domain_mismatch',
      ],
      [
        async () => door.verifySiwe(await door.proveBySiwe(signer, { edit: () => 'x' })),
        'message_malformed',
        'header_malformed',
      ],
      [
        async () => door.verify(await door.prove(signer, { session_token: stranger })),
        'session_mismatch',
        'session_mismatch',
      ],
      [() => door.verifySession({ session_token: 'x' }), 'session_unusable', 'session_unusable'],
      [() => door.send(BEGIN), 'project_unknown', 'api_key_unknown'],
      [() => door.post(BEGIN, {}), 'malformed', 'wallet_type: expected a string'],
      [() => door.call(BEGIN, { headers: JSON_TYPE, body: '{' }), 'malformed', 'body: not valid JSON'],
      [() => door.call(BEGIN, { headers: JSON_TYPE, body: 'x'.repeat(70_000) }), 'too_large', 'too_large'],
      [() => door.get('/v1/auth/nothing'), 'not_found', 'not_found'],
      [() => door.get(BEGIN), 'method_not_allowed', 'method_not_allowed'],
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
    expect(new Set(door.logs.map(({ requestId }) => requestId)).size).toBe(door.logs.length)
    expect(refusalOf(await door.get('/v1/auth/nothing'))).toBe('404 not_found')
  })
})

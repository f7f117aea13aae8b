import { Redis } from 'ioredis'
import { afterAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { JSON_TYPE } from '../../support/api-client.ts'
import { createAuthenticator } from '../../support/authenticator.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { interceptStores, planOutage } from '../../support/intercept-stores.ts'
import { ORIGIN } from '../../support/origin.ts'
import { ethereumSigner, solanaSigner } from '../../support/signers.ts'
import {
  bearer,
  newEmail,
  openDoor,
  PROJECT_HEADER,
  readCreation,
  readRequest,
  readSession,
  type WalletKitDoor,
} from './door.ts'

const USER_AGENT = 'Mozilla/5.0 (Windows NT 10.0) PrivateBrowser/77.1'

/** One of everything that happens, with the texts that may be in no log line. */
async function doEverything(door: WalletKitDoor): Promise<Readonly<Record<string, string>>> {
  const [email, linked] = [newEmail(), newEmail()]
  const [eth, sol, thief] = [ethereumSigner(), solanaSigner(), ethereumSigner()]
  const agent = {
    'user-agent': USER_AGENT,
    cookie: 'c=cookie-value',
    referer: 'https://app.example.test/?private-referer',
  }

  const code = await door.mailedCode(email)
  await door.verify({ ...code, verification_code: code.verification_code === '000000' ? '000001' : '000000' }, agent)
  const byCode = readSession(await door.verify(code, agent))
  await door.verify(code)
  await door.loginWithEmail(`${email}, eve@evil.example`)

  const { challenge, link } = await door.mailedLink(linked, agent)
  await door.visitor.visit(link, { headers: agent })
  await door.visitor.visit(`${link.pathname}${link.search}x`)
  await door.visitor.press(link, await door.visitor.visit(link), { origin: 'https://evil.example' })
  await door.redeem(challenge.code)
  await door.poll(challenge.code)
  await door.confirm(link)
  const byLink = readSession(await door.redeem(challenge.code))
  await door.poll(`${challenge.code}x`)

  const { nonce } = await door.nonceFor(eth)
  const proof = await door.prove(eth, { nonce, statement: 'private statement' })
  const wrong = await thief.sign(proof.siwe_message)
  await door.verify({ ...proof, signature: wrong })
  await door.verify({ ...proof, signature: 'not-a-signature' })
  await door.verify({ ...proof, siwe_message: `private text\n${proof.siwe_message}` })
  await door.verify({ ...proof, siwe_message: [proof.siwe_message] })
  await door.call('/users/verify-login', { headers: JSON_TYPE, body: `{"signature":"${proof.signature}"` })
  const byWallet = readSession(await door.verify(proof))
  const solProof = await door.prove(sol)
  await door.verify(solProof)

  const authenticator = createAuthenticator()
  const options = readCreation(await door.beginRegistration(byWallet))
  const attestation = authenticator.create(options, ORIGIN)
  await door.finishRegistration(byCode, attestation)
  await door.finishRegistration(byWallet, attestation)
  const request = readRequest(await door.bare('/users/login-with-discoverable-passkey'))
  const assertion = authenticator.get(request, ORIGIN)
  await door.showPasskey({ ...assertion, response: { ...assertion.response, signature: 'AAAA' } })
  await door.showPasskey(await door.assert(authenticator))
  await door.post('/users/login-with-passkey', { email })

  const refreshed = await door.refreshed(byCode)
  await door.refresh({ id: byCode.id, refresh_token: `${byCode.refresh_token.slice(0, -8)}forged00` })
  await door.wallets({ access_token: `${byCode.access_token.slice(0, -8)}forged00` })
  await door.wallets(refreshed, '?network=private-network&api_key=query-key')
  await door.get(`/users/unknown?access_token=${refreshed.access_token}&email=${email}`, bearer(refreshed))
  await door.send('/users/logout', { headers: { [PROJECT_HEADER]: 'private-project', ...bearer(refreshed) } })
  await door.logout(refreshed)

  return {
    email,
    linked,
    localPart: email.slice(0, 20),
    code: code.verification_code,
    challengeCode: challenge.code,
    challengeCodeHead: challenge.code.slice(0, 24),
    linkToken: String(link.searchParams.get('token')),
    linkTokenTail: String(link.searchParams.get('token')).slice(-16),
    access: byCode.access_token,
    accessSignature: byCode.access_token.slice(-40),
    accessClaims: String(byCode.access_token.split('.')[1]).slice(0, 60),
    linkedAccess: byLink.access_token.slice(-40),
    refresh: byCode.refresh_token,
    refreshTail: byCode.refresh_token.slice(-24),
    refreshedTail: refreshed.refresh_token.slice(-24),
    forged: 'forged00',
    nonce,
    signature: proof.signature.slice(2),
    wrongSignature: wrong.slice(2),
    solanaSignature: solProof.signature,
    notASignature: 'not-a-signature',
    message: 'wants you to sign in',
    statement: 'private statement',
    extra: 'private text',
    address: eth.address.slice(2),
    solanaAddress: sol.address,
    passkeyChallenge: options.challenge,
    loginChallenge: request.challenge,
    clientData: String(assertion.response['clientDataJSON']),
    passkeySignature: String(assertion.response['signature']),
    attestation: String(attestation.response['attestationObject']).slice(0, 100),
    userAgent: 'PrivateBrowser',
    cookie: 'cookie-value',
    referer: 'private-referer',
    query: 'query-key',
    network: 'private-network',
    project: 'private-project',
    eve: 'evil.example',
  }
}

describe.each(STORES)('WalletKit logs on %s', (store) => {
  const stores = openStoresForTests(store)
  afterAll(() => stores.close())

  it('WK-45: no line holds a code, token, signature, message, address or User-Agent, whatever the request', async () => {
    const { door, close } = await openDoor(store, stores)
    onTestFinished(close)
    const secrets = await doEverything(door)
    const text = JSON.stringify(door.logs).toLowerCase()
    expect(door.logs.length).toBeGreaterThanOrEqual(40)
    for (const [name, secret] of Object.entries(secrets)) {
      expect(secret.length, name).toBeGreaterThan(5)
      // Six digits may stand in a time or an id by chance; as a word of their own they may not.
      const isThere = name === 'code' ? new RegExp(`\\b${secret}\\b`).test(text) : text.includes(secret.toLowerCase())
      expect(isThere, name).toBe(false)
    }
  })

  it('WK-45: neither a failing store nor a defect takes what was sent to the log', async () => {
    const command = { name: 'evalsha', args: ['planted-secret'] }
    for (const thrown of [
      new AuthError('store_unavailable', 'planted', Object.assign(new Error('connection lost'), { command })),
      Object.assign(new TypeError('undefined is not a function'), { command }),
    ]) {
      const outage = planOutage(stores, thrown)
      const { door, close } = await openDoor(store, outage.stores)
      onTestFinished(close)
      const session = await door.signInAnonymously()
      const { link } = await door.mailedLink()
      outage.begin()
      await door.refresh(session)
      await door.loginWithEmail('planted-secret@example.test')
      await door.visitor.visit(link)
      await door.poll('planted-secret')
      await door.redeem('planted-secret')
      await door.bare('/users/logout', bearer(session))
      expect(door.logs.at(-1)).toMatchObject({ level: 50, err: { stack: expect.any(String) } })
      const text = JSON.stringify(door.logs)
      for (const secret of ['planted-secret', session.refresh_token, session.access_token, link.search]) {
        expect(text).not.toContain(secret)
      }
    }
  })

  it('WK-45: the store is given no token, code or signature in the clear', async () => {
    const given: string[] = []
    const recording = interceptStores(stores, (_, args, run) => {
      given.push(JSON.stringify(args))
      return run()
    })
    const { door, close } = await openDoor(store, recording)
    onTestFinished(close)
    const secrets = await doEverything(door)
    const text = given.join('\n')
    expect(text).toContain(door.project.id)
    for (const name of [
      'challengeCode',
      'challengeCodeHead',
      'linkToken',
      'linkTokenTail',
      'access',
      'accessSignature',
      'linkedAccess',
      'refresh',
      'refreshTail',
      'refreshedTail',
      'signature',
      'solanaSignature',
      'message',
      'statement',
      'passkeySignature',
      'cookie',
    ]) {
      expect(text.includes(String(secrets[name])), name).toBe(false)
    }
    expect(new RegExp(`"${secrets['code']}"`).test(text), 'code').toBe(false)
  })

  it('WK-45: every request has one line, with the id of its answer; a refused one says code and reason', async () => {
    const { door, close } = await openDoor(store, stores)
    onTestFinished(close)
    const signer = ethereumSigner()
    const spent = await door.prove(signer)
    await door.verify(spent)
    const code = await door.mailedCode()
    const wrong = { ...code, verification_code: code.verification_code === '000000' ? '000001' : '000000' }
    const refusals: readonly (readonly [() => Promise<{ headers: Headers; status: number }>, string, RegExp])[] = [
      [() => door.verify(spent), 'challenge_unusable', /nonce_unknown/],
      [() => door.verify(wrong), 'code_unusable', /code_wrong/],
      [() => door.redeem('x'), 'hand_over_unusable', /unknown/],
      [() => door.showPasskey({}), 'passkey_unusable', /malformed/],
      [() => door.refresh({ id: 'x', refresh_token: 'y' }), 'refresh_token_unusable', /./],
      [() => door.bare('/users/logout'), 'session_unusable', /./],
      [() => door.send('/users/logout'), 'project_unknown', /project_missing/],
      [() => door.bare('/users/logout', { origin: 'https://evil.example' }), 'origin_not_allowed', /./],
      [() => door.verify({}), 'malformed', /./],
      [() => door.get('/users/nothing'), 'not_found', /not_found/],
      [() => door.get('/users/logout'), 'method_not_allowed', /./],
      [() => door.visitor.visit('/users/magic-link'), 'malformed', /link/],
    ]
    for (const [attempt, expected, reason] of refusals) {
      const { headers, status } = await attempt()
      const line = door.logs.at(-1)
      const requestId = headers.get('x-request-id')
      expect(line).toMatchObject({ msg: 'refused', level: 30, requestId, status, code: expected })
      expect(String(line?.['reason'])).toMatch(reason)
    }
    expect(new Set(door.logs.map(({ requestId }) => requestId)).size).toBe(door.logs.length)
  })
})

it('WK-45: Redis holds no code, token or signature in the clear, whatever has happened', async () => {
  const stores = openStoresForTests('redis')
  const { door, close } = await openDoor('redis', stores)
  const redis = new Redis(inject('redisUrl'))
  onTestFinished(async () => {
    redis.disconnect()
    await close()
    await stores.close()
  })
  const secrets = await doEverything(door)
  const keys = await redis.keys(`*${door.project.id}*`)
  expect(keys.length).toBeGreaterThan(10)
  const dump = keys.join('\n') + (await Promise.all(keys.map((key) => readAny(redis, key)))).join('\n')
  for (const name of [
    'challengeCode',
    'linkToken',
    'access',
    'accessSignature',
    'refresh',
    'refreshTail',
    'signature',
    'solanaSignature',
    'message',
    'passkeySignature',
  ]) {
    expect(dump.includes(String(secrets[name])), name).toBe(false)
  }
  expect(new RegExp(`"${secrets['code']}"`).test(dump), 'code').toBe(false)
})

async function readAny(redis: Redis, key: string): Promise<string> {
  const type = await redis.type(key)
  if (type === 'string') return String(await redis.get(key))
  if (type === 'hash') return JSON.stringify(await redis.hgetall(key))
  if (type === 'zset') return JSON.stringify(await redis.zrange(key, 0, '-1'))
  if (type === 'set') return JSON.stringify(await redis.smembers(key))
  if (type === 'list') return JSON.stringify(await redis.lrange(key, 0, -1))
  return ''
}

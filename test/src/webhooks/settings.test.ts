import { describe, expect, it } from 'vitest'
import { faultLines, faultsOf, loadWith, PINNED_PROJECT, WITH_FILE, WITH_REDIS } from '../config/load-with.ts'
import { SECRET } from './receiver.ts'

const URL_TEXT = 'https://hooks.example.com/walletgate?key=hunter2'
const file = (...webhooks: unknown[]) => ({ projects: [{ ...PINNED_PROJECT, webhooks }] })
const withRedis = { ...WITH_FILE, REDIS_URL: WITH_REDIS.REDIS_URL, WALLETGATE_SECRET: WITH_REDIS.WALLETGATE_SECRET }

describe('webhooks of a projects file', () => {
  it('are read with their project; all events where none are named', () => {
    const { webhooks } = loadWith(
      WITH_FILE,
      file(
        { url: URL_TEXT, secret: SECRET },
        { url: 'https://10.0.0.5/', secret: SECRET, events: ['user.created'], privateNetwork: true },
        { url: 'http://localhost:3000/hook', secret: SECRET },
      ),
    )
    expect(webhooks).toEqual([
      { projectId: 'demo', url: URL_TEXT, secret: SECRET, events: null, allowsPrivate: false },
      { projectId: 'demo', url: 'https://10.0.0.5/', secret: SECRET, events: ['user.created'], allowsPrivate: true },
      { projectId: 'demo', url: 'http://localhost:3000/hook', secret: SECRET, events: null, allowsPrivate: true },
    ])
  })

  it('there are none without it', () => {
    expect(loadWith({}).webhooks).toEqual([])
    expect(loadWith(WITH_FILE, { projects: [PINNED_PROJECT] }).webhooks).toEqual([])
  })

  it.each([
    ['plain http elsewhere', { url: 'http://hooks.example.com/' }, 'url is text of 25 characters, not an https URL'],
    ['no URL', { url: 'hooks' }, 'url is text of 5 characters, not an https URL'],
    ['another scheme', { url: 'file:///etc/passwd' }, 'not an https URL'],
    ['a user', { url: 'https://u:p@hooks.example.com/' }, 'url has a user, password or fragment'],
    ['a fragment', { url: 'https://hooks.example.com/#a' }, 'url has a user, password or fragment'],
    ['a short secret', { secret: 'whsec_MTIz' }, 'secret is text of 10 characters, not whsec_ and 24 to 64 bytes'],
    ['a secret of another kind', { secret: `sk_${'a'.repeat(40)}` }, 'not whsec_ and 24 to 64 bytes in base64'],
    ['an unknown event', { events: ['user.renamed'] }, 'events[0] is text of 12 characters, not one of the known'],
    ['no event', { events: [] }, 'events is an empty list'],
    ['a misspelt key', { event: ['user.created'] }, 'event is not a setting'],
  ])('refuse %s, by place and without the value', (_, change, told) => {
    const webhook = { url: URL_TEXT, secret: SECRET, ...change }
    const { message } = faultsOf(WITH_FILE, file(webhook))
    expect(message).toContain('projects[0].webhooks[0]')
    expect(message).toContain(told)
    for (const value of [SECRET, 'hunter2', ...Object.values(change).flat()]) {
      if (value !== 'hooks') expect(message).not.toContain(value)
    }
  })

  it('refuse the same URL twice, and http beside Redis', () => {
    const local = { url: 'http://localhost:3000/', secret: SECRET }
    expect(faultLines(WITH_FILE, file(local, local))).toEqual([
      'projects[0].webhooks[1].url is the same as projects[0].webhooks[0].url',
    ])
    expect(faultLines(withRedis, file(local))).toEqual([
      'projects[0].webhooks[0].url is plain http, which works with the memory store only',
    ])
    expect(loadWith(withRedis, file({ url: URL_TEXT, secret: SECRET })).webhooks).toHaveLength(1)
  })
})

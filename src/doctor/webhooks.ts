import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Settings, WebhookSettings } from '../config/settings.ts'
import { isPublicAddress } from '../webhooks/public-address.ts'
import { type Finding, fail, ok } from './finding.ts'

const LIMIT_MS = 3_000

/** Every receiver: its name, its address and its certificate. Nothing is said on the connection. */
export function examineWebhooks({ webhooks }: Pick<Settings, 'webhooks'>): Promise<readonly Finding[]> {
  return Promise.all(
    webhooks.map(async (webhook) => {
      // By its place: its URL may hold a key.
      const place = webhooks.filter(({ projectId }) => projectId === webhook.projectId).indexOf(webhook)
      const subject = `webhooks[${place}] of ${webhook.projectId}`
      const problem = await findProblem(webhook)
      return problem === null ? ok('webhooks', 'can be connected to', subject) : fail('webhooks', problem, subject)
    }),
  )
}

async function findProblem({ url, allowsPrivate }: WebhookSettings): Promise<string | null> {
  const { protocol, hostname, port } = new URL(url)
  const isSecure = protocol === 'https:'
  const host = hostname.replace(/^\[|\]$/g, '')
  try {
    const addresses = await within(lookup(host, { all: true, verbatim: true }))
    if (!allowsPrivate && addresses.some(({ address }) => !isPublicAddress(address))) {
      return 'Its address is not public, and privateNetwork is not set: nothing is posted to it'
    }
    const address = addresses[0]?.address ?? host
    const target = { host: address, port: Number(port || (isSecure ? 443 : 80)) }
    await connect(
      () =>
        isSecure ? connectTls({ ...target, ...(isIP(host) === 0 ? { servername: host } : {}) }) : connectTcp(target),
      isSecure ? 'secureConnect' : 'connect',
    )
    return null
  } catch (error) {
    const code = String(Object(error).code ?? 'failed').toLowerCase()
    return /cert|issuer|signature|altname/.test(code)
      ? `Its certificate is not accepted (${code})`
      : `It cannot be connected to (${code})`
  }
}

function connect(open: () => Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = open()
    const settle = (act: () => void) => {
      socket.destroy()
      act()
    }
    socket.once(event, () => settle(resolve))
    socket.once('error', (error) => settle(() => reject(error)))
    socket.setTimeout(LIMIT_MS, () => settle(() => reject(timeout())))
  })
}

function within<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timeout()), LIMIT_MS)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function timeout(): Error {
  return Object.assign(new Error('took too long'), { code: 'ETIMEDOUT' })
}

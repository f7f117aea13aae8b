import { isIP } from 'node:net'
import type { RedisNode } from '../../../core/stores/redis/connect-redis.ts'
import { ANY_LOCALHOST } from '../defaults.ts'
import { accept, kindOf, type Reader, refuse, wholeNumber } from './reader.ts'
import { isSharedDomain } from './shared-domains.ts'

// RFC 1123 labels, and the underscore that container networks use.
const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/

export const portNumber: Reader<number> = wholeNumber(0, 65_535)

/** An IP address or a host name, without a port. */
export const hostName: Reader<string> = (text) =>
  isIP(text) !== 0 || HOST_NAME.test(text)
    ? accept(text)
    : refuse(
        `is ${kindOf(text)}, not a host name or IP address`,
        'Set the host alone, for example 0.0.0.0; the port goes into PORT',
      )

/** `host:port`, with an IPv6 address in brackets. The brackets are taken off. */
export const redisNode: Reader<RedisNode> = (text) => {
  const colon = text.lastIndexOf(':')
  const hostText = text.slice(0, Math.max(colon, 0))
  const isBracketed = hostText.startsWith('[') && hostText.endsWith(']')
  const host = isBracketed ? hostText.slice(1, -1) : hostText
  const port = wholeNumber(1, 65_535)(text.slice(colon + 1))
  const isHost = isBracketed ? isIP(host) === 6 : isIP(host) === 4 || HOST_NAME.test(host)
  return port.ok && isHost
    ? accept({ host, port: port.value })
    : refuse(`is ${kindOf(text)}, not host:port`, 'Write each as host:port')
}

const ORIGIN_REMEDY = 'Write scheme, host and port alone, for example https://app.example.com'
const ORIGIN_SHAPE = /^https?:\/\/[^/?#@\\*\s]{1,260}\/?$/i

/** An http or https origin, in the spelling browsers send. A slash at the end is taken off; a path, wildcard or user is refused. */
export const origin: Reader<string> = (text) =>
  ORIGIN_SHAPE.test(text) && URL.canParse(text)
    ? accept(new URL(text).origin)
    : refuse(`is ${kindOf(text)}, not an http or https origin`, ORIGIN_REMEDY)

const WILDCARD = /^(https?:\/\/)\*\.([^*]+)$/i
/** Two labels at least, so that no top-level domain is one; RFC 1123 §2.1: the last is not all digits, so no address is. */
const DOMAIN_NAME = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const WILDCARD_REMEDY = 'Write https://*.example.com, where the star is one whole label, or list each origin by itself'

/** `https://*.example.com`, in the spelling of `origin`. Refuses a star elsewhere, and one below which anybody can have a name. */
const wildcardOrigin: Reader<string> = (text) => {
  const [, scheme = '', rest = ''] = WILDCARD.exec(text) ?? []
  const parent = origin(scheme + rest)
  const url = parent.ok ? new URL(parent.value) : null
  if (url === null || !DOMAIN_NAME.test(url.hostname)) {
    return refuse(`is a wildcard (${kindOf(text)}) that is not in front of a domain of ours`, WILDCARD_REMEDY)
  }
  if (isSharedDomain(url.hostname)) {
    return refuse(`is a wildcard (${kindOf(text)}) over a domain where anybody can have a name`, WILDCARD_REMEDY)
  }
  return accept(`${url.protocol}//*.${url.host}`)
}

/** As `origin`, a wildcard such as `https://*.example.com`, or `http://localhost:*`. */
export const allowedOrigin: Reader<string> = (text) => {
  if (text === ANY_LOCALHOST) return accept(text)
  return text.includes('*') ? wildcardOrigin(text) : origin(text)
}

/** An IP address, or one with a prefix length. */
export const addressRange: Reader<string> = (text) => {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIP(address)
  const isPrefix = prefix === undefined || wholeNumber(0, family === 6 ? 128 : 32)(prefix).ok
  return family !== 0 && !address.includes('%') && isPrefix && rest.length === 0
    ? accept(text)
    : refuse(`is ${kindOf(text)}, not an IP address or CIDR range`, 'Write for example 10.0.0.0/8 or ::1')
}

const LOCAL_HOST = /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Does the URL point at this machine? There plain http crosses no network. */
export function isLocalUrl(text: string): boolean {
  return LOCAL_HOST.test(new URL(text).hostname)
}

import { isLocalUrl } from '../config/values/network.ts'

/** The mail server an `SMTP_URL` names. */
export interface SmtpServer {
  readonly host: string
  readonly port: number
  /** TLS from the first byte (`smtps://`). */
  readonly secure: boolean
  /** STARTTLS or nothing. Else STARTTLS where the server offers it. */
  readonly requireTLS: boolean
  readonly auth: { readonly user: string; readonly pass: string } | null
}

/**
 * Reads `smtp://` (587, STARTTLS) and `smtps://` (465, TLS) URLs. A password crosses a network only under TLS, unless the URL
 * says `?requireTLS=false`.
 * @throws {TypeError} for anything else; its text names no part of the URL
 */
export function parseSmtpUrl(text: string): SmtpServer {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    throw new TypeError('SMTP_URL is not an smtp:// or smtps:// URL')
  }
  const secure = url.protocol === 'smtps:'
  const user = decode(url.username)
  const auth = user === '' ? null : { user, pass: decode(url.password) }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !secure && (readRequireTls(url) ?? (auth !== null && !isLocalUrl(text))),
    auth,
  }
}

function readRequireTls(url: URL): boolean | null {
  const names = [...url.searchParams.keys()]
  if (names.length === 0) return null
  const value = url.searchParams.get('requireTLS')
  if (names.length > 1 || (value !== 'true' && value !== 'false')) {
    throw new TypeError('SMTP_URL may have one parameter: requireTLS=true or requireTLS=false')
  }
  return value === 'true'
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new TypeError('SMTP_URL has a % in its user or password that begins no escape: write it as %25')
  }
}

import { isLocalUrl } from './network.ts'
import { accept, kindOf, type Reading, refuse } from './reader.ts'

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
 */
export function readSmtpUrl(text: string): Reading<SmtpServer> {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    return refuse(`is ${kindOf(text)}, not an smtp:// or smtps:// URL`, 'Write smtps://user:password@host:465')
  }
  const parameter = readRequireTls(url)
  if (parameter === undefined) {
    return refuse('has a parameter that is not known', 'It may have one: requireTLS=true or requireTLS=false')
  }
  const [user, pass] = [decode(url.username), decode(url.password)]
  if (user === null || pass === null) {
    return refuse('has a % in its user or password that begins no escape', 'Write a percent sign as %25')
  }
  const secure = url.protocol === 'smtps:'
  const auth = user === '' ? null : { user, pass }
  return accept({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !secure && (parameter ?? (auth !== null && !isLocalUrl(text))),
    auth,
  })
}

/** Undefined for parameters that are not ours. */
function readRequireTls(url: URL): boolean | null | undefined {
  const names = [...url.searchParams.keys()]
  if (names.length === 0) return null
  const value = url.searchParams.get('requireTLS')
  return names.length > 1 || (value !== 'true' && value !== 'false') ? undefined : value === 'true'
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

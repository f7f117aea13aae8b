/** Which pages may speak for a project. */
export interface OriginPolicy {
  /** To the letter, as browsers send them. */
  readonly allowedOrigins: readonly string[]
  /** `https://*.example.com`: the star stands for exactly one label. */
  readonly wildcardOrigins: readonly string[]
  /** `http://localhost` on any port besides. */
  readonly allowLocalhost: boolean
}

const LOCALHOST = /^http:\/\/localhost(:\d{1,5})?$/
/** RFC 1123 §2.1, in lower case. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Whether this is, to the letter, an origin the project allows. */
export function allowsOrigin(policy: OriginPolicy, origin: string): boolean {
  const { allowedOrigins, wildcardOrigins, allowLocalhost } = policy
  return (
    allowedOrigins.includes(origin) ||
    (wildcardOrigins.length > 0 && wildcardOrigins.includes(wildcardOver(origin) ?? '')) ||
    (allowLocalhost && LOCALHOST.test(origin))
  )
}

/** Whether any of these allows an origin: a preflight carries no key and names no project (Fetch standard §4.8). */
export function originsOf(tenants: readonly { readonly origins: OriginPolicy }[]): (origin: string) => boolean {
  return (origin) => tenants.some((tenant) => allowsOrigin(tenant.origins, origin))
}

/** Whether a sign-in message may name this authority: the host of an allowed origin, and its scheme where one is named. */
export function allowsDomain(policy: OriginPolicy, scheme: string | null, domain: string): boolean {
  const schemes = scheme === null ? ['https', 'http'] : [scheme.toLowerCase()]
  return schemes.some((each) => allowsOrigin(policy, `${each}://${domain.toLowerCase()}`))
}

/** Whether this is the URI of a resource at an allowed origin. */
export function allowsUri(policy: OriginPolicy, uri: string): boolean {
  return URL.canParse(uri) && allowsOrigin(policy, new URL(uri).origin)
}

/** The one wildcard that covers this origin, which has a star for its first label; null where none can. */
function wildcardOver(origin: string): string | null {
  const url = URL.canParse(origin) ? new URL(origin) : null
  // A user, a path, a capital, a default port, a host that is read otherwise than it is spelled: no origin to the letter.
  if (url === null || url.origin !== origin) return null
  const dot = url.hostname.indexOf('.')
  return LABEL.test(url.hostname.slice(0, Math.max(dot, 0))) ? `${url.protocol}//*${url.host.slice(dot)}` : null
}

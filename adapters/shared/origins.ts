/** Which pages may speak for a project. */
export interface OriginPolicy {
  readonly allowedOrigins: readonly string[]
  /** `http://localhost` on any port besides. */
  readonly allowLocalhost: boolean
}

const LOCALHOST = /^http:\/\/localhost(:\d{1,5})?$/

/** Whether this is, to the letter, an origin the project allows. */
export function allowsOrigin({ allowedOrigins, allowLocalhost }: OriginPolicy, origin: string): boolean {
  return allowedOrigins.includes(origin) || (allowLocalhost && LOCALHOST.test(origin))
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

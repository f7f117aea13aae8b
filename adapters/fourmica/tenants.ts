/** A 4mica deployment: the face of one project. Times in seconds. */
export interface FourMicaTenant {
  readonly projectId: string
  /** Values of the `Host` header, with port where it is not the scheme's default, that mean this project. */
  readonly hosts: readonly string[]
  /** EIP-155 chain id that messages and tokens must name. */
  readonly chainId: number
  readonly jwtIssuer: string
  readonly jwtAudience: string
  readonly siweDomain: string
  readonly siweUri: string
  readonly siweStatement: string
  readonly nonceTtlSeconds: number
  readonly accessTtlSeconds: number
  readonly refreshTtlSeconds: number
}

export interface TenantFinder {
  /** Requests carry no tenant: it is the one whose `hosts` has the request's `Host`, else the first. */
  byHost(host: string | undefined): FourMicaTenant
}

/** Finds tenants by the host they are asked at. Refuses an empty list. */
export function createTenantFinder(tenants: readonly FourMicaTenant[]): TenantFinder {
  const [first] = tenants
  if (first === undefined) throw new RangeError('the 4mica dialect needs at least one project with a fourmica section')
  const byHost = new Map(tenants.flatMap((tenant) => tenant.hosts.map((host) => [host.toLowerCase(), tenant] as const)))
  return { byHost: (host) => byHost.get(host?.toLowerCase() ?? '') ?? first }
}

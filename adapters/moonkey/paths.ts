const JWKS_ALIAS = '/v1auth/jwks/default'

/**
 * The path a client means. Python's joins `/v1/` and `/auth/…` to two slashes; Node's, given a base without its last slash,
 * asks for the keys at `/v1auth/…` (MoonKey digest §6). Other paths stay as they are.
 */
export function spellOut(path: string): string {
  if (!path.startsWith('/v1')) return path
  if (path === JWKS_ALIAS) return '/v1/auth/jwks/default'
  return path.includes('//') ? path.replaceAll(/\/{2,}/g, '/') : path
}

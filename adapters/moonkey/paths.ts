/** Whole paths that clients ask for in place of the documented one. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  // Node's, given a base without its last slash, joins it to the path of the keys (MoonKey digest §6).
  ['/v1auth/jwks/default', '/v1/auth/jwks/default'],
  // Node's `magicLinks.invite` posts here; the vendor's pages have it under `email`, as all that mails a link.
  ['/v1/auth/magic_links/invite', '/v1/auth/magic_links/email/invite'],
])

/**
 * The path a client means: of an alias its own, and duplicate slashes are one, since Python's joins `/v1/` and `/auth/…` to two
 * (MoonKey digest §6). Other paths stay as they are.
 */
export function spellOut(path: string): string {
  if (!path.startsWith('/v1')) return path
  const joined = path.includes('//') ? path.replaceAll(/\/{2,}/g, '/') : path
  return ALIASES.get(joined) ?? joined
}

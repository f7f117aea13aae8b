import { MAX_LINK_LENGTH } from '../../core/index.ts'
import { FailureError } from '../shared/failure.ts'
import { allowsOrigin } from '../shared/origins.ts'
import type { MoonKeyTenant } from './tenants.ts'

/** Characters that the token takes in a link, with its name. */
const TOKEN_ROOM = 64
const MAX_TARGET_LENGTH = MAX_LINK_LENGTH - TOKEN_ROOM

/**
 * How a magic token becomes a link: `<redirect>?token=<token>`, at an allowed origin of the App and nowhere else, since who has the
 * link can sign in.
 *
 * @param field the request's name for the redirect
 * @throws {FailureError} `malformed` for another place, one that has a `token` already, or one that is too long for a mail
 */
export function linkAround(
  { origins }: Pick<MoonKeyTenant, 'origins'>,
  field: string,
  redirect: string | null | undefined,
): (token: string) => string {
  const target = redirect || origins.allowedOrigins[0]
  if (target === undefined) throw malformed(`${field}: required, since the App has no allowed origin`)
  if (!URL.canParse(target)) throw malformed(`${field}: not a URL`)
  const url = new URL(target)
  // Credentials are refused because the origin does not show them.
  if (!allowsOrigin(origins, url.origin) || url.username !== '' || url.password !== '') {
    throw malformed(`${field}: not at an allowed origin`)
  }
  // As the link has it, where one character may have become nine.
  if (url.href.length > MAX_TARGET_LENGTH) {
    throw malformed(`${field}: longer than ${MAX_TARGET_LENGTH} characters once it is percent-encoded`)
  }
  if (url.searchParams.has('token')) throw malformed(`${field}: has a token already`)
  return (token) => {
    const link = new URL(url)
    // Appended as text: what the App wrote into its query stays as it was written.
    link.search = url.search === '' ? `?token=${token}` : `${url.search}&token=${token}`
    return link.href
  }
}

function malformed(detail: string): FailureError {
  return new FailureError({ kind: 'malformed', detail })
}

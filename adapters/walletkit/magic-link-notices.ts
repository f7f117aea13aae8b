import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Failure } from '../shared/failure.ts'

/** What the page says where nothing was done. */
type Notice = readonly [status: ContentfulStatusCode, heading: string, ...paragraphs: string[]]

const UNUSABLE: Notice = [
  400,
  'This link does not work any more',
  'It signs in once, and was used already, or it was never complete.',
  'If you pressed the button just now, all is well: go back to the window where you were signing in. Otherwise ask for a new link there.',
]
const EXPIRED: Notice = [
  400,
  'This link has expired',
  'Go back to the window where you were signing in, and ask for a new one. It is good for 15 minutes.',
]
const INCOMPLETE: Notice = [400, 'This link is not complete', 'Open it from the mail again, or copy all of it.']
const FOREIGN: Notice = [
  403,
  'Nothing was done',
  'Another page wanted to use your link. Open it from the mail instead.',
]
const UNAVAILABLE: Notice = [
  503,
  'Not right now',
  'We cannot check your link at the moment. Wait a little, and open it again.',
]
const LOST: Notice = [
  503,
  'That did not work',
  'It was our fault, and your link is used up. Go back to the window where you were signing in, and ask for a new one.',
]
const TOO_MANY: Notice = [
  429,
  'One moment, please',
  'There were too many requests. Wait a minute, and open the link again.',
]
const NOT_HERE: Notice = [405, 'There is nothing here', 'Open the link from the mail again.']
const BROKEN: Notice = [500, 'Something went wrong', 'It was our fault. Wait a little, and open the link again.']

/** What to tell the person with the link. Of a link only that it expired: whoever guesses learns nothing else. */
export function noticeOf(failure: Failure): Notice {
  switch (failure.kind) {
    case 'refused':
      if (failure.error.reason === 'hand_over_lost') return LOST
      if (failure.error.code === 'store_unavailable') return UNAVAILABLE
      if (failure.error.code === 'origin_not_allowed') return FOREIGN
      if (failure.error.code === 'rate_limited') return TOO_MANY
      return failure.error.code === 'link_expired' ? EXPIRED : UNUSABLE
    case 'method_not_allowed':
      return NOT_HERE
    case 'crashed':
      return BROKEN
    default:
      return INCOMPLETE
  }
}

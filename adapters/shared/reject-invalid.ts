import type { Hook } from '@hono/zod-openapi'
import { FailureError } from './failure.ts'

/** Turns a schema failure into a `malformed` failure that names the first offending place and the rule it breaks. */
// biome-ignore lint/suspicious/noExplicitAny: the library's own type for a hook over every route's environment and input
export const rejectInvalid: Hook<any, any, any, any> = (result) => {
  if (result.success) return
  const issue = result.error.issues[0]
  const place = issue === undefined || issue.path.length === 0 ? 'body' : issue.path.join('.').slice(0, 100)
  throw new FailureError({ kind: 'malformed', detail: `${place}: ${issue?.message ?? 'invalid'}` })
}

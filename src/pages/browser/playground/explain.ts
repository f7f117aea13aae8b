import type { Exchange } from '../shared/exchange.ts'
import { Unreachable } from '../shared/exchange.ts'
import { Refused } from './flow.ts'
import { WalletRefusal } from './signer.ts'

/** What went wrong and what to do, for a person. */
export interface Explanation {
  readonly what: string
  readonly remedy: string
}

type Rule = readonly [statuses: readonly number[], words: RegExp, what: string, remedy: string]

/** The first that fits the status and the text of the refusal. The dialects word the same refusal differently. */
const RULES: readonly Rule[] = [
  [
    [403],
    /origin/,
    'The project does not allow pages of this origin.',
    'Open the playground under the public URL, or add this origin to ALLOWED_ORIGINS.',
  ],
  [
    [403],
    /project/,
    'The server knows no such project.',
    'It may have been restarted with another one: reload the page.',
  ],
  [
    [401],
    /api_?key|api key/i,
    'The secret key is missing or is not of this App.',
    'Enter a secret key of the App above. The server prints the one it makes when it starts.',
  ],
  [
    [402, 403],
    /mail/,
    'This server cannot send mail.',
    'Set SMTP_URL, or start it with the memory store, which shows mails at /mailbox.',
  ],
  [
    [400, 401],
    /nonce.*expired|registration.*expired|nonce not found/i,
    'The nonce has expired, or was used.',
    'Start over: a new nonce takes one click.',
  ],
  [
    [400, 401],
    /nonce_invalid/,
    'The nonce is spent, or was never given to this wallet.',
    'A nonce is good once. Start over for a new one.',
  ],
  [
    [404],
    /registration/,
    'The challenge is spent, or was never given to this wallet.',
    'A challenge is good once. Start over for a new one.',
  ],
  [
    [400, 401],
    /signature/i,
    'The signature is not of this wallet over this message.',
    'The nonce is not spent by that: sign again with the right wallet and send it.',
  ],
  [
    [400, 401],
    /not accepted/i,
    'The message says something that the server does not accept.',
    'The answer names the part. Domain and URI must be of an allowed origin.',
  ],
  [
    [400],
    /code/,
    'The code is wrong, was used, or was tried too often.',
    'Look at the newest mail, or start over for another code.',
  ],
  [
    [401, 404],
    /session|token|unauthorized/i,
    'The session or its token is no longer good.',
    'That is what happens after a logout, or when a token was swapped. Sign in again.',
  ],
  [[429], /./, 'That was too often.', 'Wait as long as the retry-after header says.'],
  [[500, 503], /./, 'The server cannot decide now.', 'It has said no to nobody: try the step again.'],
]

/** What is behind this answer. */
export function explainExchange({ status, text }: Exchange): Explanation {
  const rule = RULES.find(([statuses, words]) => statuses.includes(status) && words.test(text))
  const [, , what, remedy] = rule ?? [[], /./, `The server refused with ${status}.`, 'The answer says why.']
  return { what, remedy }
}

/** What is behind whatever a step threw. */
export function explain(thrown: unknown): Explanation {
  if (thrown instanceof Refused) return explainExchange(thrown.exchange)
  if (thrown instanceof Unreachable) {
    return { what: 'The server gave no answer.', remedy: 'Is it still running? Start it again and reload the page.' }
  }
  const what = thrown instanceof Error ? thrown.message : String(thrown)
  const isWallet = thrown instanceof WalletRefusal
  return { what, remedy: isWallet ? 'Nothing was sent. Try the step again.' : 'Start over.' }
}

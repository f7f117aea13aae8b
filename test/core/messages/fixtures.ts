import { expect } from 'vitest'
import { createChains } from '../../../core/chains/chains.ts'
import { AuthError } from '../../../core/errors.ts'
import type { MessageRefusal } from '../../../core/messages/message-refusals.ts'
import { createSignInMessageParser } from '../../../core/messages/parse-sign-in-message.ts'
import { type MessageLeniencies, STRICT } from '../../../core/messages/sign-in-message.ts'

const chains = await createChains()
export const ethereum = chains.eip155
export const solana = chains.solana

export const parse = createSignInMessageParser([ethereum, solana])
export const parseStrict = (text: string) => parse(text, STRICT)

export const ADDRESS = '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2'
export const SOLANA_ADDRESS = '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin'

/** Every field present, each on its own line, accepted by the strict parser. */
export const FULL = [
  'https://app.example.com:8443 wants you to sign in with your Ethereum account:',
  ADDRESS,
  '',
  'Sign in to Example. Terms: https://example.com/tos?v=1',
  '',
  'URI: https://app.example.com/login?next=%2Fhome#top',
  'Version: 1',
  'Chain ID: 8453',
  'Nonce: 0123456789abcdef',
  'Issued At: 2026-06-22T10:00:00.000Z',
  'Expiration Time: 2026-06-22T10:05:00.000Z',
  'Not Before: 2026-06-22T09:59:00Z',
  'Request ID: req-1',
  'Resources:',
  '- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/',
  '- https://example.com/my-web2-claim.json',
].join('\n')

export const SOLANA = [
  'app.example.com wants you to sign in with your Solana account:',
  SOLANA_ADDRESS,
  '',
  'Sign in to Example.',
  '',
  'URI: https://app.example.com',
  'Version: 1',
  'Chain ID: mainnet',
  'Nonce: 0123456789abcdef',
  'Issued At: 2026-06-22T10:00:00.000Z',
].join('\n')

/** The text with the one occurrence of `from` replaced; fails when there is none or more than one. */
export function change(text: string, from: string, to: string): string {
  const at = text.indexOf(from)
  if (at === -1 || text.indexOf(from, at + 1) !== -1) throw new Error(`not exactly once in the text: ${from}`)
  return text.slice(0, at) + to + text.slice(at + from.length)
}

/** The text without the line that starts so. */
export function dropLine(text: string, start: string): string {
  const lines = text.split('\n')
  const kept = lines.filter((line) => !line.startsWith(start))
  if (kept.length !== lines.length - 1) throw new Error(`not exactly one line starts so: ${start}`)
  return kept.join('\n')
}

/** The reason of the refusal, or null when the text is accepted. Anything else thrown goes through. */
export function refusalOf(text: string, leniencies: MessageLeniencies = STRICT): string | null {
  try {
    parse(text, leniencies)
    return null
  } catch (error) {
    if (error instanceof AuthError && error.code === 'message_malformed') return error.reason
    throw error
  }
}

/** The unchanged text passes; the changed one is refused for exactly this reason. */
export function expectRefused(
  passing: string,
  changed: string,
  reason: MessageRefusal,
  leniencies: MessageLeniencies = STRICT,
): void {
  expect(refusalOf(passing, leniencies)).toBeNull()
  expect(changed).not.toBe(passing)
  expect(refusalOf(changed, leniencies)).toBe(reason)
}

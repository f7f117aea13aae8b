import { messageProof as fourMicaProof } from '../../../adapters/fourmica/message-proof.ts'
import { parseWallet as parseFourMicaWallet } from '../../../adapters/fourmica/parse-wallet.ts'
import { SIGN_IN_MESSAGE as FOURMICA_PURPOSE } from '../../../adapters/fourmica/purposes.ts'
import { CHALLENGE_OPENING, challengeProof } from '../../../adapters/moonkey/challenge-proof.ts'
import { messageProof as moonKeyProof } from '../../../adapters/moonkey/message-proof.ts'
import { SIGN_IN_MESSAGE as MOONKEY_PURPOSE } from '../../../adapters/moonkey/purposes.ts'
import { messageProof as walletKitProof } from '../../../adapters/walletkit/message-proof.ts'
import { parseWallet } from '../../../adapters/walletkit/parse-wallet.ts'
import { SIGN_IN_MESSAGE as WALLETKIT_PURPOSE } from '../../../adapters/walletkit/purposes.ts'
import type { Account } from '../../../core/accounts/account.ts'
import type { ChallengePurpose } from '../../../core/challenges/challenge.ts'
import { ISSUED_NONCE } from '../../../core/challenges/issue-challenge.ts'
import type { Core } from '../../../core/core.ts'
import { REGISTRATION_NONCE } from '../../../core/sign-in/begin-wallet-registration.ts'
import type { ChallengeProof, MessageProof } from '../../../core/sign-in/proof.ts'
import type { Gateway } from '../../gateway.ts'
import type { Dialect } from './dialects.ts'

/** What nonces of sign-in messages are redeemed for. */
export const PURPOSES = {
  '4mica': FOURMICA_PURPOSE,
  moonkey: MOONKEY_PURPOSE,
  walletkit: WALLETKIT_PURPOSE,
} as const satisfies Record<Dialect, ChallengePurpose>

interface Shown {
  /** As the request says; null: it does not say, or it is not known. */
  readonly account: Account | null
  readonly userId: string | null
  readonly text: string
  readonly signature: string
}

/** A dialect of one project: what it makes of what a request shows, and what it expects, in words. */
export interface ExplainedDoor {
  readonly dialect: Dialect
  /** Does the request name the account, beside the message? */
  readonly isAccountNamed: boolean
  /** The account as the dialect's requests may write it. @throws {AuthError} `address_malformed` */
  parseAddress(address: string): Account
  messageProof(shown: Shown): MessageProof
  /** Is it a text of our own, which a client signs as it is? */
  isChallenge(text: string): boolean
  /** Null: the dialect has no challenges. */
  readonly challengeProof: ((shown: Shown & { readonly account: Account }) => ChallengeProof) | null
  readonly nonce: { readonly shape: RegExp; readonly words: string }
  readonly expected: {
    readonly domain: string
    readonly uri: string
    readonly statement: string
    readonly chainId: string
  }
}

/** The dialect of the one project of this gateway, or null where it is switched off. */
export function findDoor(
  { tenants, core }: { readonly tenants: Gateway['tenants']; readonly core: Pick<Core, 'parseAccount'> },
  dialect: Dialect,
): ExplainedDoor | null {
  switch (dialect) {
    case '4mica': {
      const [tenant] = tenants.fourmica
      if (tenant === undefined) return null
      const { siweDomain, siweUri, siweStatement, chainId } = tenant
      return {
        dialect,
        isAccountNamed: true,
        parseAddress: (address) => parseFourMicaWallet(core, address),
        messageProof: ({ account, text, signature }) => fourMicaProof(tenant, { account, text, signature }),
        isChallenge: () => false,
        challengeProof: null,
        nonce: { shape: ISSUED_NONCE, words: 'of /auth/nonce: 32 hex digits' },
        expected: { domain: siweDomain, uri: siweUri, statement: siweStatement.trim(), chainId: String(chainId) },
      }
    }
    case 'moonkey': {
      const [tenant] = tenants.moonkey
      if (tenant === undefined) return null
      return {
        dialect,
        isAccountNamed: true,
        parseAddress: (address) => parseWallet(core, address),
        messageProof: ({ account, text, signature }) => moonKeyProof(tenant, { account, text, signature }),
        isChallenge: (text) => text.startsWith(CHALLENGE_OPENING),
        challengeProof: ({ account, signature }) => challengeProof(tenant, { account, signature }),
        nonce: { shape: REGISTRATION_NONCE, words: 'of registrations/nonce: 43 letters and digits' },
        expected: expectedAt(tenant.origins),
      }
    }
    case 'walletkit': {
      const [tenant] = tenants.walletkit
      if (tenant === undefined) return null
      return {
        dialect,
        isAccountNamed: false,
        parseAddress: (address) => parseWallet(core, address),
        messageProof: ({ userId, text, signature }) => walletKitProof(tenant, { userId, text, signature }),
        isChallenge: () => false,
        challengeProof: null,
        nonce: { shape: REGISTRATION_NONCE, words: 'of login-with-wallet: 43 letters and digits' },
        expected: expectedAt(tenant.origins),
      }
    }
  }
}

function expectedAt(policy: Gateway['tenants']['moonkey'][number]['origins']) {
  const { allowedOrigins, wildcardOrigins, allowLocalhost } = policy
  const origins = [...allowedOrigins, ...wildcardOrigins, ...(allowLocalhost ? ['http://localhost on any port'] : [])]
  return {
    domain: `the host of ${origins.join(', ')}`,
    uri: `at ${origins.join(', ')}`,
    statement: 'any',
    chainId: 'any',
  }
}

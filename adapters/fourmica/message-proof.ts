import type { MessageProof } from '../../core/index.ts'
import { expectationOf, LENIENCIES } from './expectation.ts'
import type { FourMicaTenant } from './tenants.ts'

export const PURPOSE = 'fourmica.sign-in'

/** What a client shows to sign in. `account`: who the request says it is. */
type Shown = Pick<MessageProof, 'account' | 'text' | 'signature' | 'charge'>

/** What the core is asked about a message that was shown to this tenant. */
export function messageProof(
  tenant: FourMicaTenant,
  shown: Shown,
  expectation: MessageProof['expectation'] = expectationOf(tenant),
): MessageProof {
  const terms = { purpose: PURPOSE, userId: null, leniencies: LENIENCIES, expectation } as const
  return { projectId: tenant.projectId, ...terms, ...shown }
}

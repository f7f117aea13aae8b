import type { MessageProof } from '../../core/index.ts'
import { expectationOf, LENIENCIES } from './expectation.ts'
import { SIGN_IN_MESSAGE } from './purposes.ts'
import type { FourMicaTenant } from './tenants.ts'

/** What the core is asked about a message that was shown to this tenant, whose request says who signs. */
export function messageProof(
  tenant: FourMicaTenant,
  shown: Pick<MessageProof, 'account' | 'text' | 'signature' | 'charge'>,
  expectation: MessageProof['expectation'] = expectationOf(tenant),
): MessageProof {
  const terms = { purpose: SIGN_IN_MESSAGE, userId: null, leniencies: LENIENCIES, expectation } as const
  return { projectId: tenant.projectId, ...terms, ...shown }
}

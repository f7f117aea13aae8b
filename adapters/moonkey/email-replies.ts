import type { z } from '@hono/zod-openapi'
import type { Contact, Core, EmailOwner, Session } from '../../core/index.ts'
import type { OwnerReply, VerifyEmailReply } from './email-schemas.ts'
import { sessionReply } from './replies.ts'
import type { MoonKeyTenant } from './tenants.ts'

/** Whose the address is. */
export function ownerReply({ user, contact, isNew }: EmailOwner): z.infer<typeof OwnerReply> {
  return { user_id: user.id, email_id: contact.id, status: user.status, user_created: isNew }
}

/** Who signed in, and the session where there is one. */
export async function verifyEmailReply(
  core: Pick<Core, 'sessionToken' | 'issueAccessToken'>,
  tenant: MoonKeyTenant,
  { contact, session }: { readonly contact: Contact; readonly session: Session | null },
): Promise<z.infer<typeof VerifyEmailReply>> {
  return {
    method_id: contact.id,
    method_type: 'email',
    user_id: contact.userId,
    ...(session === null ? {} : await sessionReply(core, tenant, session)),
  }
}

import type { WalletKitTenant } from './tenants.ts'

/** Where an emailed link leads: our page, which asks before it signs anybody in. */
export const MAGIC_LINK_PATH = '/users/magic-link'

/** How a magic token becomes a link to our page. */
export function linkAround({ publicUrl, walletKitId }: WalletKitTenant): (token: string) => string {
  return (token) => `${publicUrl}${MAGIC_LINK_PATH}?${new URLSearchParams({ project: walletKitId, token })}`
}

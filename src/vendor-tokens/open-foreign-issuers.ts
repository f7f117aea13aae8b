import type { Door } from '../../core/sessions/session.ts'
import type { ForeignIssuer, ForeignIssuers } from '../../core/tokens/foreign-token.ts'
import { readKeySet } from '../../core/tokens/read-key-set.ts'
import type { Settings, VendorTokenSettings } from '../config/settings.ts'
import { getJson } from './get-json.ts'
import { createRemoteKeys } from './remote-keys.ts'

/** The vendors whose tokens these projects take; null where none does. Nothing is fetched before the first token. */
export function openForeignIssuers(projects: Settings['projects']): ForeignIssuers | null {
  const issuers = new Map<string, ForeignIssuer>()
  const keyOf = (projectId: string, door: Door) => `${door} ${projectId}`
  for (const { id, moonkey } of projects) {
    if (moonkey?.vendorTokens !== undefined) issuers.set(keyOf(id, 'moonkey'), openIssuer(moonkey.vendorTokens))
  }
  if (issuers.size === 0) return null
  return { find: (projectId, door) => issuers.get(keyOf(projectId, door)) ?? null }
}

function openIssuer({ issuer, audience, until, graceSeconds, keySet }: VendorTokenSettings): ForeignIssuer {
  const common = { issuer, audience, until: new Date(until), graceSeconds }
  if (keySet.kind === 'url') {
    const fetchSet = () => getJson(keySet.url, keySet.allowsPrivate)
    return { ...common, keys: createRemoteKeys(fetchSet, () => performance.now()) }
  }
  const keys = readKeySet(keySet.jwks) ?? []
  return { ...common, keys: async () => keys }
}

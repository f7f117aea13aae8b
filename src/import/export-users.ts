import type { Chains } from '../../core/chains/chains.ts'
import type { Users } from '../../core/identities/users.ts'
import type { IdentityStore } from '../../core/stores/stores.ts'
import { formatUserRow } from './format-user-row.ts'

const PAGE = 200

interface ExportPorts {
  readonly users: Pick<Users, 'find' | 'list'>
  readonly identities: Pick<IdentityStore, 'listPendingUserIds'>
  readonly chains: Chains
}

/** Every user that is kept for good, once each, as rows; in no order. Memory is bounded, but for the ids of pending users. */
export async function* exportUsers(
  { users, identities, chains }: ExportPorts,
  projectId: string,
): AsyncGenerator<string> {
  // Pending ones first, whether they are listed or anonymous: who was written is passed over below, and nobody is missed.
  const written = new Set<string>()
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<IdentityStore['listPendingUserIds']>> = await identities.listPendingUserIds(
      projectId,
      cursor,
    )
    for (const id of page.ids) {
      if (written.has(id)) continue
      const profile = await users.find(projectId, id)
      if (profile === null) continue
      written.add(id)
      yield formatUserRow(chains, profile)
    }
    cursor = page.next
    if (cursor === null) break
  }
  for (let after: string | null = null; ; ) {
    const page: Awaited<ReturnType<Users['list']>> = await users.list(projectId, after, PAGE)
    for (const profile of page) if (!written.has(profile.user.id)) yield formatUserRow(chains, profile)
    after = page.at(-1)?.user.id ?? null
    if (page.length < PAGE) return
  }
}

import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import type { Contact, Wallet } from '../../../core/identities/identity.ts'
import { type ImportOutcome, importUser } from '../../../core/identities/import-user.ts'
import type { ImportedCredential, ImportedUser } from '../../../core/identities/imported-user.ts'
import { createSystemRandom } from '../../../core/random.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { openTestStores, type StoreName } from '../../support/gateway.ts'

export const NOW = new Date('2026-06-22T10:00:00.000Z')
export const BEGAN = new Date('2021-03-04T05:06:07.890Z')

const random = createSystemRandom()

export function openStores(store: StoreName): Stores {
  return openTestStores(store, inject('redisUrl'))
}

export function newProjectId(): string {
  return `import-${randomUUID()}`
}

export function walletFrom(digit: string, change: Partial<Wallet> = {}): ImportedCredential {
  const account = { namespace: 'eip155', address: `0x${digit.repeat(40)}`, chain: null } as const
  return { kind: 'wallet', id: null, account, createdAt: BEGAN, verifiedAt: BEGAN, access: null, ...change }
}

export function emailFrom(value: string, change: Partial<Contact> = {}): ImportedCredential {
  return { kind: 'email', id: null, value, createdAt: BEGAN, verifiedAt: null, ...change }
}

export function importedUser(change: Partial<ImportedUser> = {}): ImportedUser {
  return {
    id: 'vendor-1',
    status: 'pending',
    name: { first: 'Ada', middle: '', last: 'Lovelace' },
    metadata: { plan: 'pro' },
    createdAt: BEGAN,
    updatedAt: BEGAN,
    credentials: [walletFrom('a'), emailFrom('ada@example.com')],
    sessions: [],
    ...change,
  }
}

/** Imports into a project of these stores. */
export function importerOf(stores: Stores, projectId: string) {
  return (imported: ImportedUser, isDryRun = false): Promise<ImportOutcome> =>
    importUser({ stores, random }, { projectId, imported, isDryRun }, NOW)
}

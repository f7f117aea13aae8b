import type { ImportOutcome } from '../../core/identities/import-user.ts'
import type { UserRow } from './parse-user-row.ts'
import type { RowFault } from './row.ts'

type Conflict = Extract<ImportOutcome, { outcome: 'conflict' }>

/** A collision with what is on record, in words. Ids are named, what people are recognised by is not. */
export function explainConflict({ reason, credential, holder }: Conflict, { user, places }: UserRow): RowFault {
  const field = places[credential] ?? null
  const whose = holder === null ? 'another user' : `user ${holder}`
  switch (reason) {
    case 'credential_taken':
      return {
        field,
        problem: `is ${whose}'s here`,
        remedy: 'Decide which user is the right one; delete the other, or take this out of the row',
      }
    case 'credential_id_taken':
      return {
        field: field === null ? null : `${field}.id`,
        problem: `is the id of something else, of ${whose}, here`,
        remedy: 'Leave this id out: a new one is made',
      }
    case 'user_differs':
      return {
        field,
        problem: `is not among what ${user.id === null ? whose : 'the user with this id'} has here`,
        remedy: 'It was taken away here, or the id is somebody else’s. Take it out of the row, or link it by hand',
      }
    case 'access_differs':
      return {
        field: field === null ? null : `${field}.access`,
        problem: `says something else than what was set here for this wallet of ${whose}`,
        remedy: 'Take it out of the row, or decide with: walletgate wallets set-role',
      }
  }
}

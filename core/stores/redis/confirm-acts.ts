import type { SessionChange, Stores } from '../stores.ts'
import type { ReplicaBarrier } from './replica-barrier.ts'

type Act = (...args: never[]) => Promise<unknown>

/**
 * The same stores, whose acts answer once replicas have what they decided: a failover then undoes none that was answered. Left out is
 * what only reads, what may be lost without harm (a nonce that was issued is asked for anew, a look at a session is noted with the
 * next one), and what queues do again anyway.
 */
export function confirmActs(stores: Stores, barrier: ReplicaBarrier): Stores {
  const confirmed = <A extends Act>(owner: object, act: A): A =>
    (async (...args: never[]) => {
      const mark = barrier.mark()
      const outcome: unknown = await act.apply(owner, args)
      await barrier.confirm(mark)
      return outcome
    }) as A
  const { challenges, identities, imports, sessions, keys, apiKeys, outbox } = stores
  const renewal = confirmed(sessions, sessions.renew)
  const queueOf = (queue: Stores['outbox']): Stores['outbox'] => ({
    ...queue,
    enqueue: confirmed(queue, queue.enqueue),
  })
  return {
    ...stores,
    challenges: {
      ...challenges,
      attempt: confirmed(challenges, challenges.attempt),
      consume: confirmed(challenges, challenges.consume),
    },
    identities: {
      ...identities,
      claim: confirmed(identities, identities.claim),
      claimAsFirst: confirmed(identities, identities.claimAsFirst),
      claimFor: confirmed(identities, identities.claimFor),
      release: confirmed(identities, identities.release),
      markVerified: confirmed(identities, identities.markVerified),
      recordPasskeyUse: confirmed(identities, identities.recordPasskeyUse),
      setWalletAccess: confirmed(identities, identities.setWalletAccess),
      reserve: confirmed(identities, identities.reserve),
      endReservation: confirmed(identities, identities.endReservation),
      createUser: confirmed(identities, identities.createUser),
      updateUser: confirmed(identities, identities.updateUser),
      deleteUser: confirmed(identities, identities.deleteUser),
    },
    imports: {
      ...imports,
      importUser: confirmed(imports, imports.importUser),
      openSession: confirmed(imports, imports.openSession),
    },
    sessions: {
      ...sessions,
      open: confirmed(sessions, sessions.open),
      renew: (projectId: string, sessionId: string, change: SessionChange) =>
        change.expiresAt === null && change.factor === null
          ? sessions.renew(projectId, sessionId, change)
          : renewal(projectId, sessionId, change),
      rotateRefreshToken: confirmed(sessions, sessions.rotateRefreshToken),
      addRefreshToken: confirmed(sessions, sessions.addRefreshToken),
      revokeByRefreshToken: confirmed(sessions, sessions.revokeByRefreshToken),
      revoke: confirmed(sessions, sessions.revoke),
    },
    keys: { ...keys, replace: confirmed(keys, keys.replace) },
    apiKeys: {
      ...apiKeys,
      create: confirmed(apiKeys, apiKeys.create),
      revoke: confirmed(apiKeys, apiKeys.revoke),
    },
    outbox: queueOf(outbox),
    queue: (name) => queueOf(stores.queue(name)),
    // Readiness says whether a sign-in can be completed.
    ping: confirmed(stores, stores.ping),
  }
}

import type { Stores } from '../../core/stores/stores.ts'

type MethodsOf<T> = { [K in keyof T]: T[K] extends (...args: never[]) => Promise<unknown> ? K : never }[keyof T] &
  string

/** Every act of the stores, as `<store>.<method>`. */
export type StoreAct =
  | `challenges.${MethodsOf<Stores['challenges']>}`
  | `identities.${MethodsOf<Stores['identities']>}`
  | `sessions.${MethodsOf<Stores['sessions']>}`
  | 'ping'

/** Stands between a caller and the stores: runs the act, or throws, before or after `run()`. */
export type Interceptor = (act: StoreAct, args: readonly unknown[], run: () => Promise<unknown>) => Promise<unknown>

/** The same stores, with every call going through the interceptor. */
export function interceptStores(stores: Stores, intercept: Interceptor): Stores {
  return {
    challenges: interceptMethods('challenges', stores.challenges, intercept),
    identities: interceptMethods('identities', stores.identities, intercept),
    sessions: interceptMethods('sessions', stores.sessions, intercept),
    ping: () => intercept('ping', [], () => stores.ping()) as Promise<void>,
    close: () => stores.close(),
  }
}

function interceptMethods<T extends object>(name: string, store: T, intercept: Interceptor): T {
  return new Proxy(store, {
    get(target, property) {
      const method: unknown = Reflect.get(target, property, target)
      if (typeof method !== 'function') return method
      return (...args: unknown[]) =>
        intercept(`${name}.${String(property)}` as StoreAct, args, () => method.apply(target, args) as Promise<unknown>)
    },
  })
}

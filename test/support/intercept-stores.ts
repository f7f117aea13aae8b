import type { Stores } from '../../core/stores/stores.ts'

type MethodsOf<T> = { [K in keyof T]: T[K] extends (...args: never[]) => Promise<unknown> ? K : never }[keyof T] &
  string
type StoreNames = { [K in keyof Stores]: Stores[K] extends (...args: never[]) => unknown ? never : K }[keyof Stores]

/** Every act of the stores, as `<store>.<method>`. */
export type StoreAct = { [K in StoreNames]: `${K}.${MethodsOf<Stores[K]>}` }[StoreNames] | 'ping'

/** Stands between a caller and the stores: runs the act, or throws, before or after `run()`. */
export type Interceptor = (act: StoreAct, args: readonly unknown[], run: () => Promise<unknown>) => Promise<unknown>

/** The same stores, with every act going through the interceptor; closing them does not. */
export function interceptStores(stores: Stores, intercept: Interceptor): Stores {
  const through = <T extends object>(target: T, prefix: string): T =>
    new Proxy(target, {
      get(_, property) {
        const value: unknown = Reflect.get(target, property, target)
        if (property === 'close' || typeof property === 'symbol') return value
        if (typeof value === 'object' && value !== null) return through(value, `${property}.`)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) =>
          intercept(`${prefix}${property}` as StoreAct, args, () => value.apply(target, args) as Promise<unknown>)
      },
    })
  return through(stores, '')
}

/** The same stores until `begin` is called; from then on, until `end` is, every act rejects with this error. */
export function planOutage(stores: Stores, thrown: Error): { readonly stores: Stores; begin(): void; end(): void } {
  let isDown = false
  return {
    stores: interceptStores(stores, (_, __, run) => (isDown ? Promise.reject(thrown) : run())),
    begin() {
      isDown = true
    },
    end() {
      isDown = false
    },
  }
}

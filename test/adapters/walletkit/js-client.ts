import { createRequire } from 'node:module'
import type { WalletKitClient } from 'walletkit-js'

const load = createRequire(import.meta.url)
const MODULE = 'walletkit-js'

type WalletKitJs = typeof import('walletkit-js')

/** The folder of the published package. */
export const WALLETKIT_JS = load.resolve(MODULE).replace(/[^/]+$/, '')

/** What a page loads: the unmodified package in a state of its own. It keeps its one refresh for as long as the page lives. */
export function loadPage(): WalletKitJs {
  const dependencies = `${WALLETKIT_JS}node_modules/`
  for (const id of Object.keys(load.cache)) {
    if (id.startsWith(WALLETKIT_JS) && !id.startsWith(dependencies)) delete load.cache[id]
  }
  return load(MODULE) as WalletKitJs
}

/** Where a page keeps its session, as the package does in `localStorage`; what has run out by the client's clock is gone. */
export class BrowserStorage {
  readonly #items = new Map<string, { value: string; expires: Date }>()
  /** How far this client's clock is ahead of the real one, milliseconds. */
  aheadMs = 0

  get(name: string): string | undefined {
    const item = this.#items.get(name)
    if (item === undefined) return undefined
    if (Date.now() + this.aheadMs <= item.expires.getTime()) return item.value
    this.#items.delete(name)
    return undefined
  }

  set(name: string, value: string, expires: Date): void {
    this.#items.set(name, { value, expires })
  }

  delete(name: string): void {
    this.#items.delete(name)
  }

  get names(): readonly string[] {
    return [...this.#items.keys()].sort()
  }
}

/** A client of a page that was just loaded, as its documentation makes one. */
export function openPage(
  environment: string,
  projectId: string,
  store: BrowserStorage = new BrowserStorage(),
): { readonly client: WalletKitClient; readonly store: BrowserStorage } {
  const { WalletKitClient: Client } = loadPage()
  return { client: new Client({ environment, projectId, store } as never), store }
}

/** The body of what went well. */
export function requireOk<T>(answer: { ok: true; body: T } | { ok: false; error: unknown }): T {
  if (!answer.ok) throw new Error(`expected success, got ${JSON.stringify(answer.error)}`)
  return answer.body
}

interface Schema<T> {
  parseOrThrow(raw: unknown, options: object): T | Promise<T>
}

interface Serializers {
  readonly ErrorResponse: Schema<{ error: string; code?: string }>
  readonly Session: Schema<Readonly<Record<string, unknown>>>
  readonly SessionChallenge: Schema<Readonly<Record<string, unknown>>>
}

const OPTIONS = {
  unrecognizedObjectKeys: 'passthrough',
  allowUnrecognizedUnionMembers: true,
  allowUnrecognizedEnumValues: true,
  breadcrumbsPrefix: ['response'],
} as const

const serializers = load(`${MODULE}/serialization`) as Serializers

/** Decodes with the package's own schema, as it decodes an answer. Rejects where it would throw. */
export async function decodeAs(schema: keyof Serializers, raw: unknown): Promise<Readonly<Record<string, unknown>>> {
  return serializers[schema].parseOrThrow(raw, OPTIONS)
}

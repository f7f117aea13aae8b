/** What came of handing something over. `reason` is a stable word or a reply code: never an address, never a server's text. */
export type Delivery =
  | { readonly outcome: 'sent' }
  /** Not now. Try again. */
  | { readonly outcome: 'deferred'; readonly reason: string }
  /** Never: it, or whoever it was for, was refused for good. */
  | { readonly outcome: 'refused'; readonly reason: string }

/** Where a queue's items go. */
export interface Transport<T> {
  /**
   * Hands the item over. `id` is the same on every attempt. Settles soon after `signal` aborts, and does not throw; if it
   * does, that counts as deferred.
   */
  send(item: T, attempt: { readonly id: string; readonly signal: AbortSignal }): Promise<Delivery>
  /** Gives up connections. Sends under way end as deferred. */
  close(): Promise<void>
}

/** What a queue tells its operator. Ids are random; nothing here is secret or personal. */
export type QueueEvent =
  | { readonly kind: 'sent'; readonly id: string; readonly attempt: number }
  | { readonly kind: 'deferred'; readonly id: string; readonly attempt: number; readonly reason: string }
  | { readonly kind: 'dropped'; readonly id: string; readonly attempt: number; readonly reason: string }
  /** Found expired; whose they were is not known any more. */
  | { readonly kind: 'expired'; readonly items: number }
  | { readonly kind: 'store_lost'; readonly error: unknown }
  | { readonly kind: 'store_back' }

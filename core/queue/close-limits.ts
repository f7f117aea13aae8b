/** How long closing waits for items under way, milliseconds. */
export const CLOSE_GRACE_MS = 5_000
/** How long a transport that is aborted then has to say so, milliseconds. */
export const ABORT_GRACE_MS = 1_000

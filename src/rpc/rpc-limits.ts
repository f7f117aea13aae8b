/** How far a question to a chain may go. */
export interface RpcLimits {
  /** From the question to the verdict, over all servers of the chain. */
  readonly totalMs: number
  /** For one server, to the last byte of its answer. */
  readonly attemptMs: number
  /** An honest answer has about 300 bytes. */
  readonly answerBytes: number
  /** Questions at once, per project and chain. */
  readonly concurrency: number
  /** A server that failed is asked after the others for so long. */
  readonly setAsideMs: number
}

export const RPC_LIMITS: RpcLimits = {
  totalMs: 5_000,
  attemptMs: 2_000,
  answerBytes: 64 * 1024,
  concurrency: 16,
  setAsideMs: 10_000,
}

// 0x0000…0000 and up to 65535: precompiles of Ethereum (1 to 0x100, RIP-7212 included) and of the chains built like it (Arbitrum
// 0x64, Moonbeam 0x400, BNB Chain and Polygon 0x1000, ZKsync 0x8000). The identity precompile echoes, so an answer proves nothing.
const RESERVED = /^0x0{36}[0-9a-f]{4}$/

/** Is this canonical address one that no wallet can have: zero, a precompile, or a system contract? */
export function isReservedAddress(address: string): boolean {
  return RESERVED.test(address)
}

/** How often each fault comes: once in `npm test`, many times in `npm run test:faults`. */
export const ROUNDS = Math.max(1, Number(process.env['FAULT_ROUNDS'] ?? '1'))

/** How many clients work at once: one of each dialect, or several. */
export const CLIENTS = ROUNDS === 1 ? 3 : 12

/** What a test with this many faults of some seconds each may take, milliseconds. */
export const timeFor = (secondsPerRound: number): number => 30_000 + ROUNDS * secondsPerRound * 1_000

/** How long a soak takes, how hard it presses, and what it forgives. */
export interface SoakPlan {
  readonly seconds: number
  /** Journeys at full speed before, which warm the server up and tell what it can do. */
  readonly capacityJourneys: number
  /** Of that capacity. */
  readonly share: number
  /** On one connection each. */
  readonly connections: number
  readonly sampleEveryMs: number
  readonly mailsPerSecond: number
  /** Of so many addresses, each of which gets five mails in a quarter of an hour and no more. */
  readonly addresses: number
  /** Whether some ask for a nonce and go away: only where the soak is longer than the nonce lives. */
  readonly abandons: boolean
  readonly bounds: SoakBounds
}

export interface SoakBounds {
  /** Of the whole watched time: what the straight line through all samples of memory rises. */
  readonly rssRiseBytes: number
  /** Between the least and the most memory of the watched time. */
  readonly rssSpanBytes: number
  /** From the beginning to the end of the watched time, garbage collected both times. */
  readonly heapRiseBytes: number
  /** Open files and handles, last third of the watched time above its first, medians. */
  readonly files: number
  /** Keys in Redis, in the same way. */
  readonly keys: number
  /** How many times longer the slowest hundredth of answers may take in the last third than in the first, and how much longer yet. */
  readonly p99Factor: number
  readonly p99SlackMs: number
  /** Journeys that could not begin when they were due, as a share. */
  readonly heldShare: number
}

const MIB = 2 ** 20

/** Ten minutes at four fifths of what the machine can do. */
export const FULL_SOAK: SoakPlan = {
  seconds: 600,
  capacityJourneys: 8_000,
  share: 0.8,
  connections: 64,
  sampleEveryMs: 2_000,
  mailsPerSecond: 4,
  addresses: 600,
  abandons: true,
  bounds: {
    rssRiseBytes: 16 * MIB,
    rssSpanBytes: 64 * MIB,
    heapRiseBytes: 8 * MIB,
    files: 8,
    keys: 500,
    p99Factor: 1.5,
    p99SlackMs: 20,
    heldShare: 0.01,
  },
}

/** A look: a minute of it. */
export const QUICK_SOAK: SoakPlan = {
  ...FULL_SOAK,
  seconds: 60,
  addresses: 60,
  capacityJourneys: 3_000,
  sampleEveryMs: 500,
  bounds: { ...FULL_SOAK.bounds, rssRiseBytes: 48 * MIB, p99Factor: 3, p99SlackMs: 100 },
}

/** For `npm test`: half of the capacity, and nothing that depends on how busy the machine is. */
export const SHORT_SOAK: SoakPlan = {
  seconds: 8,
  capacityJourneys: 500,
  share: 0.5,
  connections: 32,
  sampleEveryMs: 100,
  mailsPerSecond: 3,
  addresses: 8,
  abandons: false,
  bounds: {
    rssRiseBytes: 128 * MIB,
    rssSpanBytes: 192 * MIB,
    heapRiseBytes: 3 * MIB,
    // Of 32 connections each may have something under way, more of them while the machine is busy; a leak makes hundreds.
    files: 40,
    keys: 500,
    p99Factor: 20,
    p99SlackMs: 5_000,
    heldShare: 1,
  },
}

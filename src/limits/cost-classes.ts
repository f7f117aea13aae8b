import type { Window } from './window-counts.ts'

/*
 * What requests cost, and how much of it each may have: the numbers, in one place. Why these, says
 * docs/decisions/0013-rate-limits.md. Which request is of which class, says `route-costs.ts`.
 */

export const COST_CLASSES = ['cheap', 'rpc', 'create', 'enroll', 'signup', 'guess', 'mail'] as const
/**
 * - `cheap`: reads, polls, refreshes, proofs that cannot be guessed
 * - `rpc`: asks a chain about a signature; charged besides, when a live challenge was signed by no key
 * - `create`: leaves a challenge or a pending user behind, for minutes, without any proof
 * - `enroll`: leaves a wallet and its user behind for good, with a proof; charged besides, and only when that happens
 * - `signup`: leaves a user behind for good, without any proof
 * - `guess`: compares a secret that can be guessed
 * - `mail`: sends mail
 */
export type CostClass = (typeof COST_CLASSES)[number]

/** Whose points they are. They are asked in this order, so that what one caller wastes is not taken from everybody's. */
export const SCOPES = ['address', 'address_and_account', 'account', 'servers', 'project'] as const
/**
 * - `address`: an IPv4 address or an IPv6 /64, unless it shows a secret key
 * - `address_and_account`: such an address, for one wallet or user
 * - `account`: such a wallet or user, whoever calls
 * - `servers`: the customer's servers, all who show a secret key of the project
 * - `project`: everybody else in a project together: a ceiling
 */
export type Scope = (typeof SCOPES)[number]

const MINUTE = 60
const HOUR = 60 * MINUTE

const within = (points: number, seconds: number): Window => ({ points, seconds, isExact: false })
const exactly = (points: number, seconds: number): Window => ({ points, seconds, isExact: true })

export const LIMITS: Readonly<Record<CostClass, Readonly<Partial<Record<Scope, Window>>>>> = {
  cheap: {
    address: within(12_000, MINUTE),
    servers: within(600_000, MINUTE),
    project: within(600_000, MINUTE),
  },
  rpc: {
    address: within(1_200, MINUTE),
    servers: within(60_000, MINUTE),
    project: within(12_000, MINUTE),
  },
  create: {
    address: within(3_000, MINUTE),
    // Not for the wallet alone, whoever calls: strangers could then keep its owner from signing in.
    address_and_account: within(600, 5 * MINUTE),
    servers: within(120_000, MINUTE),
    project: within(30_000, MINUTE),
  },
  enroll: {
    // Within no project: it may have as many new users as will come.
    address: within(3_000, HOUR),
  },
  signup: {
    address: exactly(1_200, HOUR),
    project: within(20_000, HOUR),
  },
  guess: {
    address: exactly(600, 15 * MINUTE),
    account: exactly(30, HOUR),
    servers: within(60_000, 15 * MINUTE),
    project: within(12_000, 15 * MINUTE),
  },
  // Mails to one address are counted where they are queued: five in 15 minutes.
  mail: {
    address: exactly(300, 15 * MINUTE),
    servers: within(60_000, 15 * MINUTE),
    project: within(12_000, 15 * MINUTE),
  },
}

/** What a refused credential or signature costs besides, in points of `cheap`: trying keys is no cheap request. */
export const REFUSED_PROOF_POINTS = 10

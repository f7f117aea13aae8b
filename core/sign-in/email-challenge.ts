const MAX_RETENTION_MS = 24 * 60 * 60 * 1000

/** How long a mailed challenge is remembered: as long again as it is usable, a day at most, to tell an expired one from an unknown one. */
export function keptUntil(issuedAt: Date, usableUntil: Date): Date {
  const life = usableUntil.getTime() - issuedAt.getTime()
  return new Date(usableUntil.getTime() + Math.min(life, MAX_RETENTION_MS))
}

/* Exit codes follow sysexits.h where one fits, so that a supervisor can tell a bad setting from an outage. */
/** Looked at, and not well: what `healthcheck` and `doctor` say with it is on standard output. */
export const EX_NOT_WELL = 1
export const EX_USAGE = 64
export const EX_DATAERR = 65
export const EX_NOINPUT = 66
/** Here also for sessions and wallets: what was named is not there. */
export const EX_NOUSER = 67
export const EX_UNAVAILABLE = 69
export const EX_CANTCREAT = 73
/** Nothing is wrong: try again later. */
export const EX_TEMPFAIL = 75
export const EX_CONFIG = 78

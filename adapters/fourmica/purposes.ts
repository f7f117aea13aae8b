/** The dialect's name among the core's. */
export const DOOR = 'fourmica'

/* What challenges of this dialect are redeemed for: never one for another. */
export const SIGN_IN_MESSAGE = 'fourmica.sign-in'

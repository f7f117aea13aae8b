/** The dialect's name among the core's. */
export const DOOR = 'moonkey'

/* What challenges of this dialect are redeemed for: never one for another (MoonKey digest §7.5). */
export const SIGN_IN_MESSAGE = 'moonkey.sign-in-message'
export const CHALLENGE = 'moonkey.challenge'
export const EMAIL_CODE = 'moonkey.email-code'
export const MAGIC_LINK = 'moonkey.magic-link'
export const HAND_OVER = 'moonkey.hand-over'

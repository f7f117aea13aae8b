/** The dialect's name among the core's. */
export const DOOR = 'walletkit'

/* What challenges of this dialect are redeemed for: never one for another. */
export const SIGN_IN_MESSAGE = 'walletkit.sign-in-message'
export const EMAIL_CODE = 'walletkit.email-code'
export const MAGIC_LINK = 'walletkit.magic-link'
export const SESSION_CHALLENGE = 'walletkit.session-challenge'
export const PASSKEY_REGISTRATION = 'walletkit.passkey-registration'
export const PASSKEY_LOGIN = 'walletkit.passkey-login'

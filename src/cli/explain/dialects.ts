/** The APIs a message can be sent to, as people call them. */
export const DIALECTS = ['4mica', 'moonkey', 'walletkit'] as const
export type Dialect = (typeof DIALECTS)[number]

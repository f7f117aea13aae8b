import { createHmac } from 'node:crypto'
import type { RandomSource } from '../ports.ts'
import { createSealer, deriveKey, type Sealer } from '../queue/seal.ts'
import type { Mail } from './mail.ts'

const SEALING = 'walletgate/outbox/seal/v1'
const NAMING = 'walletgate/outbox/recipient/v1'

/** Writes mails so that the store, or a dump of it, shows neither code, link nor address. */
export interface MailSealer extends Sealer<Mail> {
  /** A name for one recipient of one project from which, without the secret, neither can be found. */
  nameRecipient(projectId: string, to: string): string
}

/** A sealer over the server's secrets, newest first; recipients are named under the newest. */
export function createMailSealer(secrets: readonly Uint8Array[], random: RandomSource): MailSealer {
  const [newest] = secrets
  if (newest === undefined) throw new RangeError('sealing mails takes a secret')
  const naming = deriveKey(newest, NAMING)
  return {
    ...createSealer<Mail>(secrets, SEALING, random),
    nameRecipient: (projectId, to) =>
      createHmac('sha256', naming)
        .update(JSON.stringify([projectId, to]))
        .digest('base64url'),
  }
}

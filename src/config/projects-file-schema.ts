import { z } from 'zod'
import * as fourmica from './values/fourmica.ts'
import { addressRange, allowedOrigin, hostName, origin, portNumber, redisNode } from './values/network.ts'
import { displayName, identifier, mailSender, rpcUrls, smtpUrl } from './values/project.ts'
import type { Reader, Reading } from './values/reader.ts'
import { redisUrl } from './values/redis-url.ts'
import { publicKey, secretKey, sharedJwtSecret } from './values/secrets.ts'
import { logLevel, rateLimits, sentinelName, storeKind, workerCount } from './values/server.ts'
import * as walletkit from './values/walletkit.ts'

// JSON numbers are read as the text they would be in the environment: one set of bounds for both.
const text = <T>(read: Reader<T>) => z.string().transform((value, context) => settle(read(value), context))
const number = <T>(read: Reader<T>) => z.number().transform((value, context) => settle(read(String(value)), context))

function settle<T>(reading: Reading<T>, context: z.RefinementCtx): T {
  if (reading.ok) return reading.value
  context.addIssue({ code: 'custom', message: reading.problem, params: { remedy: reading.remedy } })
  return z.NEVER
}

const Server = z.strictObject({
  host: text(hostName).optional(),
  port: number(portNumber).optional(),
  publicUrl: text(origin).optional(),
  store: text(storeKind).optional(),
  redisUrl: text(redisUrl).optional(),
  redisClusterNodes: z.array(text(redisNode)).min(1).optional(),
  redisSentinels: z.array(text(redisNode)).min(1).optional(),
  redisSentinelName: text(sentinelName).optional(),
  smtpUrl: text(smtpUrl).optional(),
  mailFrom: text(mailSender).optional(),
  trustedProxies: z.array(text(addressRange)).optional(),
  rateLimits: text(rateLimits).optional(),
  logLevel: text(logLevel).optional(),
  metricsPort: number(portNumber).optional(),
  workers: number(workerCount).optional(),
})

const WalletKit = z.strictObject({
  projectId: text(identifier),
  rpId: text(walletkit.relyingPartyId).optional(),
  accessTtlSecs: number(walletkit.accessTtl).optional(),
  refreshTtlSecs: number(walletkit.refreshTtl).optional(),
})

const MoonKey = z.strictObject({
  appId: text(identifier),
  secretKeys: z.array(text(secretKey)).min(1),
  publicKeys: z.array(text(publicKey)).optional(),
})

const FourMica = z.strictObject({
  hosts: z.array(text(fourmica.requestHost)).optional(),
  chainId: number(fourmica.chainNumber).optional(),
  jwtSecret: text(sharedJwtSecret),
  jwtIssuer: text(fourmica.jwtName).optional(),
  jwtAudience: text(fourmica.jwtName).optional(),
  siweDomain: text(fourmica.siweDomain).optional(),
  siweUri: text(fourmica.siweUri).optional(),
  siweStatement: text(fourmica.siweStatement).optional(),
  nonceTtlSecs: number(fourmica.nonceTtl).optional(),
  accessTtlSecs: number(fourmica.accessTtl).optional(),
  refreshTtlSecs: number(fourmica.refreshTtl).optional(),
})

const Project = z.strictObject({
  id: text(identifier),
  name: text(displayName).optional(),
  allowedOrigins: z.array(text(allowedOrigin)).min(1).optional(),
  walletkit: WalletKit.optional(),
  moonkey: MoonKey.optional(),
  fourmica: FourMica.optional(),
  evmRpcUrls: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .transform((value, context) => settle(rpcUrls(value), context))
    .optional(),
})

/** The file of `WALLETGATE_CONFIG`. Closed at every level: a key it does not know is a misspelt one. */
export const ProjectsFile = z.strictObject({
  $schema: z.string().optional(),
  server: Server.optional(),
  projects: z.array(Project).min(1),
})

export type ProjectsFileInput = z.output<typeof ProjectsFile>
export type ProjectInput = ProjectsFileInput['projects'][number]
export type FourMicaInput = z.output<typeof FourMica>
export type WalletKitInput = z.output<typeof WalletKit>

const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  server: Object.keys(Server.shape),
  projects: Object.keys(Project.shape),
  walletkit: Object.keys(WalletKit.shape),
  moonkey: Object.keys(MoonKey.shape),
  fourmica: Object.keys(FourMica.shape),
}

/** The keys the file may have at this place. */
export function knownKeysAt(path: readonly PropertyKey[]): readonly string[] {
  const section = path.findLast((step) => typeof step === 'string')
  return section === undefined ? Object.keys(ProjectsFile.shape) : (KNOWN_KEYS[section] ?? [])
}

/** The JSON Schema of the file, for editors. Bounds within a value are checked at the start, not here. */
export function projectsFileJsonSchema(): object {
  return z.toJSONSchema(ProjectsFile, { io: 'input' })
}

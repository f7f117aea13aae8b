import { z } from 'zod'
import * as fourmica from './values/fourmica.ts'
import { addressRange, allowedOrigin, hostName, origin, portNumber, redisNode } from './values/network.ts'
import { contractAddress, displayName, identifier, mailSender, rpcUrls, smtpUrl } from './values/project.ts'
import type { Reader, Reading } from './values/reader.ts'
import { redisUrl } from './values/redis-url.ts'
import { publicKey, secretKey, sharedJwtSecret } from './values/secrets.ts'
import {
  auditLog,
  drainDelay,
  logLevel,
  playground,
  rateLimits,
  replicaCount,
  sentinelName,
  storeKind,
  streamKey,
  streamLength,
  workerCount,
} from './values/server.ts'
import * as vendorTokens from './values/vendor-tokens.ts'
import * as walletkit from './values/walletkit.ts'
import * as webhook from './values/webhook.ts'

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
  redisWaitReplicas: number(replicaCount).optional(),
  smtpUrl: text(smtpUrl).optional(),
  mailFrom: text(mailSender).optional(),
  trustedProxies: z.array(text(addressRange)).optional(),
  rateLimits: text(rateLimits).optional(),
  logLevel: text(logLevel).optional(),
  metricsPort: number(portNumber).optional(),
  auditLog: text(auditLog).optional(),
  auditStream: text(streamKey).optional(),
  auditStreamMaxLength: number(streamLength).optional(),
  playground: text(playground).optional(),
  drainDelaySecs: number(drainDelay).optional(),
  workers: number(workerCount).optional(),
})

const WalletKit = z.strictObject({
  projectId: text(identifier).describe('what X-WalletKit-Project-ID says'),
  rpId: text(walletkit.relyingPartyId)
    .optional()
    .describe('domain that passkeys are bound to; else the host of the page that makes them'),
  accessTtlSecs: number(walletkit.accessTtl).optional().describe('life of an access token, seconds; else 43200'),
  refreshTtlSecs: number(walletkit.refreshTtl)
    .optional()
    .describe('life of a session without a refresh, seconds; else 2592000'),
})

const VendorTokens = z.strictObject({
  issuer: text(fourmica.jwtName).describe('iss of the vendor’s session JWTs, exactly'),
  jwks: z
    .looseObject({ keys: z.array(z.looseObject({})).min(1) })
    .transform((value, context) => settle(vendorTokens.publicKeySet(value), context))
    .optional()
    .describe('the vendor’s key set, as it publishes it'),
  jwksUrl: text(vendorTokens.keySetUrl)
    .optional()
    .describe('or where it is: https, at a public address (http on this machine with the memory store)'),
  audience: text(fourmica.jwtName).optional().describe('what aud must name; else it is not looked at'),
  until: text(vendorTokens.moment).describe('from then on none is taken: a date (UTC), or a time'),
  graceSecs: number(vendorTokens.graceSeconds)
    .optional()
    .describe('how long after its exp a token is still taken, seconds, a day at most; else 0'),
})

const MoonKey = z.strictObject({
  appId: text(identifier).describe('id of the App, app_…'),
  secretKeys: z
    .array(text(secretKey))
    .min(1)
    .optional()
    .describe(
      'keys of the App’s servers, sk_…, or sha256: and the hash of one; with Redis else those of “walletgate api-keys”',
    ),
  publicKeys: z
    .array(text(publicKey))
    .optional()
    .describe(
      'keys of the App’s pages, pk_…; without one, here or by “walletgate api-keys”, browser calls are refused',
    ),
  vendorTokens: VendorTokens.optional().describe(
    'session JWTs of the vendor that are taken for a while, so that users stay signed in, as below',
  ),
})

const FourMica = z.strictObject({
  hosts: z
    .array(text(fourmica.requestHost))
    .optional()
    .describe('Host values that choose this project; else the first project with this section serves all'),
  chainId: number(fourmica.chainNumber).optional().describe('chain that messages must name; else 1'),
  jwtSecret: text(sharedJwtSecret).describe('HMAC secret shared with the resource server'),
  jwtIssuer: text(fourmica.jwtName).optional().describe('iss of access tokens; else 4mica-core'),
  jwtAudience: text(fourmica.jwtName).optional().describe('aud of access tokens; else 4mica'),
  siweDomain: text(fourmica.siweDomain)
    .optional()
    .describe('domain of sign-in messages; else the host of the public URL'),
  siweUri: text(fourmica.siweUri).optional().describe('URI of sign-in messages; else the public URL'),
  siweStatement: text(fourmica.siweStatement)
    .optional()
    .describe('statement of sign-in messages; else “Sign in to 4mica.”'),
  nonceTtlSecs: number(fourmica.nonceTtl).optional().describe('life of a nonce, seconds; else 300'),
  accessTtlSecs: number(fourmica.accessTtl).optional().describe('life of an access token, seconds; else 900'),
  refreshTtlSecs: number(fourmica.refreshTtl).optional().describe('life of a refresh token, seconds; else 2592000'),
})

const Webhook = z.strictObject({
  url: text(webhook.webhookUrl).describe(
    'where facts are posted: https, or http on this machine with the memory store',
  ),
  secret: text(webhook.webhookSecret).describe('whsec_ and base64; the receiver checks signatures with it'),
  events: z.array(text(webhook.webhookEvent)).min(1).optional().describe('the facts to be told of; else every one'),
  privateNetwork: z.boolean().optional().describe('true: the address may be one of a private network'),
})

const Project = z.strictObject({
  id: text(identifier).describe('name in the store and in commands; users belong to it'),
  name: text(displayName).optional().describe('name people see; else My App'),
  allowedOrigins: z
    .array(text(allowedOrigin))
    .min(1)
    .optional()
    .describe(
      'origins: CORS, sign-in domains, passkey origins, redirect targets; https://*.example.com means one label in place of the star; else the public URL, and any http://localhost:* with the memory store',
    ),
  walletkit: WalletKit.optional().describe('its WalletKit face; absent: it does not speak the dialect, as below'),
  moonkey: MoonKey.optional().describe('its MoonKey face'),
  fourmica: FourMica.optional().describe('its 4mica face'),
  webhooks: z.array(Webhook).min(1).max(8).optional().describe('who is told of facts, signed (Standard Webhooks)'),
  allowedFactories: z
    .array(text(contractAddress))
    .min(1)
    .optional()
    .describe('factories that may be called to judge an account that is not deployed yet (ERC-6492); else any'),
  evmRpcUrls: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .transform((value, context) => settle(rpcUrls(value), context))
    .optional()
    .describe('CAIP-2 chain id to RPC URL or list of URLs: contract accounts of these chains can sign in'),
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
export type WebhookInput = z.output<typeof Webhook>
export type MoonKeyInput = z.output<typeof MoonKey>
export type WalletKitInput = z.output<typeof WalletKit>

const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  server: Object.keys(Server.shape),
  projects: Object.keys(Project.shape),
  walletkit: Object.keys(WalletKit.shape),
  moonkey: Object.keys(MoonKey.shape),
  vendorTokens: Object.keys(VendorTokens.shape),
  fourmica: Object.keys(FourMica.shape),
  webhooks: Object.keys(Webhook.shape),
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

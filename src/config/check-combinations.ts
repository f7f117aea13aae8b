import { checkProjects } from './check-projects.ts'
import { checkStore } from './check-store.ts'
import type { Fault } from './config-error.ts'
import { ANY_LOCALHOST, DEFAULTS } from './defaults.ts'
import { type EnvName, envNamesOf } from './env-names.ts'
import { type Sources, wantsRedis } from './sources.ts'
import { isPlaceholder } from './values/secrets.ts'

/**
 * Faults between settings that are each well formed. Nothing is said about a setting that is itself faulty.
 *
 * @param isLasting data outlive the process whatever these sources say of the store: projects obey the rules of Redis
 */
export function checkCombinations(sources: Sources, isLasting: boolean): readonly Fault[] {
  return [
    ...checkStore(sources),
    ...checkServer(sources),
    ...(sources.environment.given.has('WALLETGATE_CONFIG') ? checkMixture(sources) : checkOneProject(sources)),
    ...checkProjects(sources.file?.json, isLasting || wantsRedis(sources)),
  ]
}

function checkServer(sources: Sources): readonly Fault[] {
  const { environment, server, isGiven, placeOf } = sources
  const redis = wantsRedis(sources)
  const faults: Fault[] = []
  if (redis && !environment.given.has('WALLETGATE_SECRET')) {
    faults.push(missing('WALLETGATE_SECRET', 'Make one with: openssl rand -hex 32'))
  }
  if (!redis && (server.workers ?? 1) > 1) {
    faults.push({
      name: placeOf('WORKERS'),
      problem: 'is more than 1, and the memory store is not shared between processes',
      remedy: 'Set REDIS_URL, or leave it at 1',
    })
  }
  if (!redis && isGiven('AUDIT_STREAM')) {
    faults.push({
      name: placeOf('AUDIT_STREAM'),
      problem: 'is set, and no Redis is given for the stream to be in',
      remedy: 'Set REDIS_URL, or use AUDIT_LOG',
    })
  }
  if (isGiven('AUDIT_STREAM_MAXLEN') && !isGiven('AUDIT_STREAM')) {
    faults.push({
      name: placeOf('AUDIT_STREAM_MAXLEN'),
      problem: 'is set without AUDIT_STREAM, so there is no stream to bound',
      remedy: 'Set AUDIT_STREAM too, or remove it',
    })
  }
  if (isGiven('MAIL_FROM') && !isGiven('SMTP_URL')) {
    faults.push({
      name: placeOf('MAIL_FROM'),
      problem: 'is set without SMTP_URL, so no mail would leave',
      remedy: 'Set SMTP_URL too, or remove it',
    })
  }
  if (redis && isGiven('SMTP_URL') && !isGiven('MAIL_FROM')) {
    faults.push({
      name: 'MAIL_FROM',
      problem: 'is missing, and SMTP_URL is set',
      remedy: 'Set the sender of mails, for example no-reply@example.com',
    })
  }
  const isPortKnown = server.port !== undefined || !isGiven('PORT')
  if (isPortKnown && server.metricsPort === (server.port ?? DEFAULTS.port) && server.metricsPort !== 0) {
    faults.push({
      name: placeOf('METRICS_PORT'),
      problem: 'is the port the server itself listens on',
      remedy: 'Choose another port, and keep it away from the outside',
    })
  }
  return faults
}

/** Two descriptions of the projects: neither could be followed without dropping a part of the other. */
function checkMixture({ environment }: Sources): readonly Fault[] {
  return envNamesOf('project')
    .filter((name) => environment.given.has(name))
    .map((name) => ({
      name,
      problem: 'describes the one project of a start without WALLETGATE_CONFIG, which is set',
      remedy: 'Move it into the file, or remove it',
    }))
}

/** What memory mode makes up anew must be said with Redis: it has to be the same after a restart and on every replica. */
function checkOneProject(sources: Sources): readonly Fault[] {
  if (!wantsRedis(sources)) return []
  const { given, project } = sources.environment
  const faults: Fault[] = []
  const wanted: readonly [EnvName, string][] = [
    ['PROJECT_ID', 'Choose one and keep it, for example my-app: users belong to it'],
    [
      'PROJECT_SECRET_KEY',
      'Set the MoonKey key your servers have, or make one with: echo sk_live_$(openssl rand -hex 24)',
    ],
    ['AUTH_JWT_SECRET', 'Set the secret the 4mica resource server has, or make one with: openssl rand -hex 32'],
  ]
  for (const [name, remedy] of wanted) {
    if (!given.has(name)) faults.push(missing(name, `${remedy}. To serve fewer dialects, use WALLETGATE_CONFIG`))
  }
  if (project.secretKey !== undefined && isPlaceholder(project.secretKey)) {
    faults.push({ name: 'PROJECT_SECRET_KEY', problem: 'is a well-known example', remedy: 'Set a key of your own' })
  }
  if (project.allowedOrigins?.includes(ANY_LOCALHOST)) {
    faults.push({
      name: 'ALLOWED_ORIGINS',
      problem: 'allows every port of localhost, which works with the memory store only',
      remedy: 'List each origin by itself',
    })
  }
  return faults
}

function missing(name: EnvName, remedy: string): Fault {
  return { name, problem: 'is missing; with Redis it must be the same after a restart and on every replica', remedy }
}

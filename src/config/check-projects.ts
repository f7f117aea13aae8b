import type { Fault } from './config-error.ts'
import { ANY_LOCALHOST } from './defaults.ts'
import { propertyOf } from './sources.ts'
import { hashedSecretKey, isPlaceholder } from './values/secrets.ts'
import { relyingPartyId } from './values/walletkit.ts'

interface Found {
  readonly place: string
  readonly text: string
}

/** Lists that belong together: nothing in one of them may occur twice, because it chooses the project. */
const UNIQUE: readonly (readonly (readonly [section: string | null, key: string])[])[] = [
  [[null, 'id']],
  [['walletkit', 'projectId']],
  [['moonkey', 'appId']],
  [
    ['moonkey', 'secretKeys'],
    ['moonkey', 'publicKeys'],
  ],
  [['fourmica', 'hosts']],
]

/**
 * Faults between the projects of a file. It reads parsed JSON rather than the checked file, so that they are found in the
 * same start as faults within a project.
 */
export function checkProjects(json: unknown, redis: boolean): readonly Fault[] {
  const list = propertyOf(json, 'projects')
  const projects: readonly unknown[] = Array.isArray(list) ? list : []
  return [
    ...UNIQUE.flatMap((group) => findRepeated(group.flatMap(([section, key]) => textsAt(projects, section, key)))),
    ...checkReachable(projects),
    ...checkWebhooks(projects, redis),
    ...checkVendorTokens(projects, redis),
    ...checkRelyingParties(projects),
    ...(redis ? checkLasting(projects) : checkUsable(projects)),
  ]
}

function textsAt(projects: readonly unknown[], section: string | null, key: string): readonly Found[] {
  return projects.flatMap((project, index) => {
    const place = `projects[${index}]${section === null ? '' : `.${section}`}.${key}`
    const value = propertyOf(section === null ? project : propertyOf(project, section), key)
    if (typeof value === 'string') return [{ place, text: value }]
    if (!Array.isArray(value)) return []
    return value.flatMap((entry: unknown, at) =>
      typeof entry === 'string' ? [{ place: `${place}[${at}]`, text: entry }] : [],
    )
  })
}

function findRepeated(found: readonly Found[]): readonly Fault[] {
  const firstPlace = new Map<string, string>()
  const faults: Fault[] = []
  for (const { place, text } of found) {
    // Hosts are compared without case; for ids and keys that differ in case alone, a refusal is right too.
    const names = [text.toLowerCase(), hashedSecretKey(text)]
    const first = names.map((name) => firstPlace.get(name)).find((known) => known !== undefined)
    for (const name of names) firstPlace.set(name, first ?? place)
    if (first !== undefined)
      faults.push({
        name: place,
        problem: `is the same as ${first}`,
        remedy: 'Give each its own: it chooses the project',
      })
  }
  return faults
}

/** Two deliveries of one fact to one place would be one too many; a local receiver is for developing. */
function checkWebhooks(projects: readonly unknown[], redis: boolean): readonly Fault[] {
  return projects.flatMap((project, index) => {
    const list = propertyOf(project, 'webhooks')
    const urls = (Array.isArray(list) ? list : []).map((webhook: unknown) => propertyOf(webhook, 'url'))
    return urls.flatMap((url, at): readonly Fault[] => {
      const name = `projects[${index}].webhooks[${at}].url`
      if (typeof url !== 'string') return []
      if (urls.indexOf(url) < at) {
        const first = `projects[${index}].webhooks[${urls.indexOf(url)}].url`
        return [{ name, problem: `is the same as ${first}`, remedy: 'List all its events in one place' }]
      }
      if (!redis || !/^http:/i.test(url)) return []
      return [{ name, problem: 'is plain http, which works with the memory store only', remedy: 'Use https' }]
    })
  })
}

/** The vendor's keys come from one place, and over a network that nobody else can write to. */
function checkVendorTokens(projects: readonly unknown[], redis: boolean): readonly Fault[] {
  return projects.flatMap((project, index): readonly Fault[] => {
    const section = propertyOf(propertyOf(project, 'moonkey'), 'vendorTokens')
    if (typeof section !== 'object' || section === null) return []
    const name = `projects[${index}].moonkey.vendorTokens`
    const [jwks, url] = [propertyOf(section, 'jwks'), propertyOf(section, 'jwksUrl')]
    if ((jwks === undefined) === (url === undefined)) {
      const problem = jwks === undefined ? 'has no keys' : 'has keys twice'
      return [{ name, problem, remedy: 'Give either jwks, the vendor’s key set, or jwksUrl, where it is' }]
    }
    if (!redis || typeof url !== 'string' || !/^http:/i.test(url)) return []
    return [
      {
        name: `${name}.jwksUrl`,
        problem: 'is plain http, which works with the memory store only',
        remedy: 'Use https',
      },
    ]
  })
}

/** A 4mica request names no project: without `hosts`, only the first section is ever chosen. */
function checkReachable(projects: readonly unknown[]): readonly Fault[] {
  const sections = projects.flatMap((project, index) => {
    const section = propertyOf(project, 'fourmica')
    return section === undefined ? [] : [{ index, hosts: propertyOf(section, 'hosts') }]
  })
  return sections
    .slice(1)
    .filter(({ hosts }) => hosts === undefined || (Array.isArray(hosts) && hosts.length === 0))
    .map(({ index }) => ({
      name: `projects[${index}].fourmica.hosts`,
      problem: 'is missing or empty, so no request would reach this section',
      remedy: 'List the hosts that are its own: only the first fourmica section can do without',
    }))
}

/** WebAuthn §5.1.2: a page may use its own host as RP id, or a domain above it; no other page's passkeys would ever be made. */
function checkRelyingParties(projects: readonly unknown[]): readonly Fault[] {
  return projects.flatMap((project, index) => {
    const rpId = propertyOf(propertyOf(project, 'walletkit'), 'rpId')
    const origins = propertyOf(project, 'allowedOrigins')
    // What is no domain name, or no list, is a fault of its own.
    if (typeof rpId !== 'string' || !relyingPartyId(rpId).ok || !Array.isArray(origins)) return []
    const hosts = origins.flatMap((origin: unknown) => {
      if (origin === ANY_LOCALHOST) return ['localhost']
      return typeof origin === 'string' && URL.canParse(origin) ? [new URL(origin).hostname] : []
    })
    if (hosts.some((host) => isAtOrBelow(host, rpId))) return []
    return [
      {
        name: `projects[${index}].walletkit.rpId`,
        problem: 'is the domain of no allowed origin',
        remedy: 'Set the domain that the pages of allowedOrigins share',
      },
    ]
  })
}

/** A wildcard's host has a star for its first label: one of its pages may have the very name of the RP id. */
function isAtOrBelow(host: string, rpId: string): boolean {
  const isOneOf = host.startsWith('*.') && host.slice(1) === rpId.slice(rpId.indexOf('.'))
  return isOneOf || host === rpId || host.endsWith(`.${rpId}`)
}

function checkLasting(projects: readonly unknown[]): readonly Fault[] {
  const local = textsAt(projects, null, 'allowedOrigins').filter(({ text }) => text === ANY_LOCALHOST)
  const examples = textsAt(projects, 'moonkey', 'secretKeys').filter(({ text }) => isPlaceholder(text))
  return [
    ...local.map(({ place }) => ({
      name: place,
      problem: 'allows every port of localhost, which works with the memory store only',
      remedy: 'List each origin by itself',
    })),
    ...examples.map(({ place }) => ({
      name: place,
      problem: 'is a well-known example',
      remedy: 'Set a key of your own',
    })),
  ]
}

/** With Redis an App's keys can be made by command; a memory store has only those of its configuration. */
function checkUsable(projects: readonly unknown[]): readonly Fault[] {
  return projects.flatMap((project, index) => {
    const section = propertyOf(project, 'moonkey')
    if (typeof section !== 'object' || section === null || propertyOf(section, 'secretKeys') !== undefined) return []
    return [
      {
        name: `projects[${index}].moonkey.secretKeys`,
        problem: 'is missing, so no server could call',
        remedy: 'Set a key, or use Redis and “walletgate api-keys create”',
      },
    ]
  })
}

import type { Fault } from './config-error.ts'
import { ENV_NAMES, isEnvName } from './env-names.ts'
import { nearName } from './near-names.ts'
import type { Environment } from './read-environment.ts'

const OUR_NAMES = Object.keys(ENV_NAMES)
const OUR_PREFIX = 'WALLETGATE_'

// Kubernetes and Docker put these into every container beside a service, and the natural name of ours is "walletgate".
const SERVICE_LINK =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/
const SERVICE_ADDRESS = /^(?:tcp|udp|sctp):\/\//

/**
 * Misspelt settings: whatever begins with our prefix and is not ours, and whatever is nearly one of our names. Variables of
 * other programs stay out of it, as does a near miss of a name that is itself set.
 */
export function findUnknownNames(env: Environment): readonly Fault[] {
  const faults: Fault[] = []
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === '' || isEnvName(name)) continue
    if (SERVICE_LINK.test(name) || (name.endsWith('_PORT') && SERVICE_ADDRESS.test(value))) continue
    const meant = nearEnvName(name)
    if (meant !== null && (env[meant] ?? '') === '') {
      faults.push({ name, problem: 'is not a setting', remedy: `Did you mean ${meant}?` })
    } else if (name.toUpperCase().startsWith(OUR_PREFIX)) {
      const known = OUR_NAMES.filter((ours) => ours.startsWith(OUR_PREFIX)).join(' and ')
      faults.push({ name, problem: 'is not a setting', remedy: `Remove it: under this prefix there are only ${known}` })
    }
  }
  return faults
}

/**
 * The first word must be right and is not counted, so that the shortness of the rest counts: PROJECT_DIR is somebody
 * else's, though only two edits from PROJECT_ID.
 */
function nearEnvName(name: string): string | null {
  const upper = name.toUpperCase()
  for (const ours of OUR_NAMES) {
    const underscore = ours.indexOf('_')
    // HOST, PORT, STORE and WORKERS are too short and too common to guess about.
    if (underscore === -1 || !upper.startsWith(ours.slice(0, underscore))) continue
    const rest = upper.slice(underscore)
    const oursRest = ours.slice(underscore)
    if (nearName(rest, [oursRest]) !== null) return ours
  }
  return null
}

import { Command, InvalidArgumentError } from 'commander'
import { AuthError } from '../../core/errors.ts'
import { createSystemRandom } from '../../core/random.ts'
import { ConfigError } from '../config/config-error.ts'
import { loadProcessSettings } from './settings.ts'

const ROLES = ['user', 'admin', 'facilitator'] as const
const STATUSES = ['active', 'suspended', 'revoked'] as const

interface RoleOptions {
  readonly role: string
  readonly scopes: readonly string[]
  readonly status: string
  readonly project?: string
}

/** `walletgate wallets …`: what wallets may do. */
export function walletsCommand(): Command {
  const setRole = new Command('set-role')
    .description('set the role, scopes and status of a wallet; takes effect at its next sign-in or refresh')
    .argument('<address>', 'Ethereum address, 0x and 40 hex digits')
    .option('--role <role>', ROLES.join(', '), oneOf('role', ROLES), 'user')
    .option('--scopes <list>', 'comma-separated, for example tab:read,tab:create', parseScopes, ['tab:read'])
    .option('--status <status>', STATUSES.join(', '), oneOf('status', STATUSES), 'active')
    .option('--project <id>', 'the project, where there are several')
    .action(runSetRole)
  return new Command('wallets').description('what wallets may do').addCommand(setRole)
}

async function runSetRole(address: string, { role, scopes, status, project }: RoleOptions): Promise<void> {
  const settings = loadProcessSettings()
  if (settings.store.kind === 'memory') {
    throw new ConfigError([
      {
        name: 'REDIS_URL',
        problem: 'is not set: a memory store lives inside the server',
        remedy: 'set it to the server’s Redis',
      },
    ])
  }
  const chosen = project ?? (settings.projects.length === 1 ? settings.projects[0]?.id : undefined)
  if (!settings.projects.some(({ id }) => id === chosen)) {
    const ids = settings.projects.map(({ id }) => id).join(', ')
    throw new InvalidArgumentError(`--project must be one of: ${ids}`)
  }
  const [{ createGateway }, { openStores }] = await Promise.all([import('../gateway.ts'), import('../open-stores.ts')])
  const stores = openStores(settings.store)
  try {
    const { core } = await createGateway(settings, {
      stores,
      clock: { now: () => new Date() },
      random: createSystemRandom(),
      mail: null,
      report: () => {},
    })
    const account = core.parseAccount('eip155', address)
    // EIP-55: mixed case is a checksum. A role given to a mistyped address would be missed by one and found by another.
    if (/[a-f]/.test(address) && /[A-F]/.test(address) && core.formatAddress(account) !== address) {
      throw new AuthError('address_malformed')
    }
    await core.ping()
    await core.grantWalletAccess(String(chosen), account, { role, scopes, status })
    process.stdout.write(`${core.formatAddress(account)}: ${role}, ${scopes.join(' ') || 'no scopes'}, ${status}\n`)
  } finally {
    await stores.close()
  }
}

function oneOf(name: string, accepted: readonly string[]) {
  return (value: string): string => {
    if (!accepted.includes(value)) throw new InvalidArgumentError(`${name} must be one of: ${accepted.join(', ')}`)
    return value
  }
}

function parseScopes(list: string): readonly string[] {
  const scopes = list.split(',').flatMap((scope) => (scope.trim() === '' ? [] : [scope.trim()]))
  if (scopes.some((scope) => !/^[\w:.-]{1,64}$/.test(scope))) {
    throw new InvalidArgumentError('scopes are words of letters, digits and : . - _, separated by commas')
  }
  return scopes
}

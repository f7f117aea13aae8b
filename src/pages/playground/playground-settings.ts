import type { OriginPolicy } from '../../../adapters/shared/origins.ts'
import type { GeneratedValue, ProjectSettings, Settings } from '../../config/settings.ts'
import { isNearbyHost } from '../../http/nearby.ts'

/** What the playground has to know. It is written into the page. */
export interface PlaygroundSettings {
  readonly publicUrl: string
  /** Mails can be read at `/mailbox`. */
  readonly hasMailbox: boolean
  readonly projects: readonly PlaygroundProject[]
}

export interface PlaygroundProject {
  readonly id: string
  readonly name: string
  readonly origins: OriginPolicy
  /** Null, here and below: this project does not speak the dialect. */
  readonly walletkit: { readonly projectId: string } | null
  readonly moonkey: {
    readonly appId: string
    /** Null: the page asks for one. Never a key that somebody gave. */
    readonly secretKey: string | null
  } | null
  /** Only where requests under the public URL reach it: they carry no tenant. */
  readonly fourmica: { readonly chainId: number; readonly domain: string } | null
}

/** The playground of a start. The only secret in it is the key that this start made up, which dies with the process. */
export function playgroundSettings(
  { server, store, projects, generated }: Pick<Settings, 'server' | 'store' | 'projects' | 'generated'>,
  hasMailbox: boolean,
): PlaygroundSettings {
  // Under a public name a request that says `localhost` may come from anywhere: then there is no key in the page.
  const isLocal = store.kind === 'memory' && isNearbyHost(new URL(server.publicUrl).hostname)
  const made = isLocal ? generated : []
  const fourMicaProject = findFourMicaProject(projects, new URL(server.publicUrl).host)
  return {
    publicUrl: server.publicUrl,
    hasMailbox,
    projects: projects.map((project) => {
      const { id, name, allowedOrigins, wildcardOrigins, allowLocalhost, walletkit, moonkey, fourmica } = project
      return {
        id,
        name,
        origins: { allowedOrigins, wildcardOrigins, allowLocalhost },
        walletkit: walletkit === null ? null : { projectId: walletkit.projectId },
        moonkey: moonkey === null ? null : { appId: moonkey.appId, secretKey: madeKeyOf(moonkey.secretKeys, made) },
        fourmica:
          fourmica === null || project !== fourMicaProject
            ? null
            : { chainId: fourmica.chainId, domain: fourmica.siweDomain },
      }
    }),
  }
}

function madeKeyOf(secretKeys: readonly string[], made: readonly GeneratedValue[]): string | null {
  return (
    secretKeys.find((key) => made.some(({ name, value }) => name === 'PROJECT_SECRET_KEY' && value === key)) ?? null
  )
}

function findFourMicaProject(projects: readonly ProjectSettings[], host: string): ProjectSettings | undefined {
  const speaking = projects.filter(({ fourmica }) => fourmica !== null)
  return speaking.find(({ fourmica }) => fourmica?.hosts.includes(host)) ?? speaking[0]
}

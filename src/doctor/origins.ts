import type { Settings } from '../config/settings.ts'
import { isLocalUrl } from '../config/values/network.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** The origins whose pages may call, in production. */
export function examineOrigins({ projects }: Pick<Settings, 'projects'>): readonly Finding[] {
  return projects.map(({ id, allowedOrigins, wildcardOrigins }) => {
    const origins = [...allowedOrigins, ...wildcardOrigins]
    const subject = projects.length > 1 ? id : null
    const plain = origins.filter((origin) => origin.startsWith('http:') && !isLocalUrl(origin))
    const local = origins.filter(isLocalUrl)
    if (plain.length > 0) {
      return fail('origins', `${plain.join(' ')}: whoever is on its network can act as it`, subject)
    }
    if (local.length > 0) {
      return warn('origins', `${local.join(' ')}: any program of a visitor’s may serve a page there`, subject)
    }
    return ok('origins', `${origins.length}, all https`, subject)
  })
}

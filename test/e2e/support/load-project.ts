import { randomBytes, randomUUID } from 'node:crypto'

/** A project of a file, with all three dialects, that no other test uses. */
export interface LoadProject {
  readonly id: string
  readonly origin: string
  readonly secretKey: string
  readonly appId: string
  /** Of its 4mica face. */
  readonly host: string
  readonly jwtSecret: string
  readonly jwtIssuer: string
  /** As it stands in the file. */
  readonly json: object
}

export function newLoadProject(name: string): LoadProject {
  const id = `${name}-${randomUUID()}`
  const project = {
    id,
    origin: `https://${name}.example.test`,
    secretKey: `sk_live_${randomBytes(24).toString('hex')}`,
    appId: `app_${randomBytes(12).toString('hex')}`,
    host: `auth.${name}.example.test`,
    jwtSecret: randomBytes(32).toString('hex'),
    jwtIssuer: `4mica-${name}`,
  }
  const json = {
    id,
    name,
    allowedOrigins: [project.origin],
    walletkit: { projectId: id },
    moonkey: { appId: project.appId, secretKeys: [project.secretKey] },
    fourmica: {
      hosts: [project.host],
      jwtSecret: project.jwtSecret,
      jwtIssuer: project.jwtIssuer,
      siweDomain: new URL(project.origin).host,
      siweUri: project.origin,
    },
  }
  return { ...project, json }
}

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { KUBERNETES, type Manifest, parseManifests } from './manifests.ts'

const Version = z.object({ kustomizeVersion: z.string().regex(/^v\d+\./) })

/** Null where this machine has no kubectl that knows components (Kustomize 4 and newer); said once, because less is then checked. */
export function findKubectl(): string | null {
  const kubectl = process.env['KUBECTL'] ?? 'kubectl'
  try {
    const said = execFileSync(kubectl, ['version', '--client', '-o', 'json'], { encoding: 'utf8', stdio: 'pipe' })
    if (Number.parseInt(Version.parse(JSON.parse(said)).kustomizeVersion.slice(1), 10) >= 4) return kubectl
  } catch {
    // Not there, or of another age: the same to us.
  }
  process.stderr.write(
    'No kubectl with Kustomize 4 or newer here: manifests are checked file by file, not as they are rendered.\n',
  )
  return null
}

export interface Overlay {
  /** A copy of `deploy/kubernetes`, to write in. */
  readonly folder: string
  /** What `kubectl apply -k` would send. */
  render(overlay: string): readonly Manifest[]
  write(path: string, text: string): void
  remove(): void
}

export function copyOverlays(kubectl: string): Overlay {
  const folder = mkdtempSync(join(tmpdir(), 'walletgate-kubernetes-'))
  cpSync(KUBERNETES, folder, { recursive: true })
  return {
    folder,
    render: (overlay) =>
      parseManifests(overlay, execFileSync(kubectl, ['kustomize', join(folder, overlay)], { encoding: 'utf8' })),
    write: (path, text) => writeFileSync(join(folder, path), text),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../support/find-program.ts'
import type { Engine } from './engine.ts'

const SUITE = 'trixie'
/** What `gcr.io/distroless/cc-debian13` is made of: these packages, unpacked and never configured. */
const RUNTIME_PACKAGES = [
  'base-files',
  'netbase',
  'tzdata',
  'ca-certificates',
  'libc6',
  'libssl3t64',
  'libgcc-s1',
  'libstdc++6',
  'libgomp1',
]
const PATH_LINE = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Stands in for `node:24-trixie-slim`: Debian, with the newest node 24 and npm from the npm registry. Needs root and Debian's mirrors. */
export async function standInForNode(engine: Engine): Promise<string> {
  return await build(engine, 'localhost/walletgate-stand-in-node', (folder) => {
    bootstrap(['--variant=essential', '--include=ca-certificates,libstdc++6'], join(folder, 'base.tar'))
    for (const spec of [`node-linux-${process.arch}@24`, 'npm@11']) {
      const name = spec.replace(/@.*/, '').replace(/-.*/, '')
      const packed = execFileSync('npm', ['pack', '--silent', spec], { cwd: folder, encoding: 'utf8' }).trim()
      execFileSync('sh', ['-c', `mkdir ${name} && tar -xzf ${packed} -C ${name} --strip-components 1`], { cwd: folder })
    }
    return [
      'FROM scratch',
      'ADD base.tar /',
      PATH_LINE,
      'COPY node/bin/node /usr/local/bin/node',
      'COPY npm /usr/local/lib/node_modules/npm',
      'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm',
      ...trustAsHere(folder),
    ]
  })
}

/** Stands in for `gcr.io/distroless/cc-debian13:nonroot`. */
export async function standInForRuntime(engine: Engine): Promise<string> {
  return await build(engine, 'localhost/walletgate-stand-in-runtime', (folder) => {
    const root = join(folder, 'root')
    bootstrap(['--variant=extract', `--include=${RUNTIME_PACKAGES.join(',')}`], root)
    // Programs and papers of packages that these merely depend on are not in the image it stands for.
    for (const path of [
      'usr/bin',
      'usr/sbin',
      'usr/share/doc',
      'usr/share/man',
      'usr/share/perl5',
      'usr/share/debconf',
      'var/lib/apt',
      'var/lib/dpkg',
      'var/cache',
    ]) {
      rmSync(join(root, path), { recursive: true, force: true })
    }
    return ['FROM scratch', 'COPY root /', PATH_LINE]
  })
}

function bootstrap(options: readonly string[], target: string): void {
  const mmdebstrap = findProgram({
    what: 'a maker of Debian roots, because base images cannot be pulled',
    names: ['mmdebstrap'],
    variable: 'MMDEBSTRAP',
    package: 'mmdebstrap',
    remedy: 'Install mmdebstrap, or let the registries be reached',
  })
  execFileSync(mmdebstrap, ['--quiet', ...options, SUITE, target], { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** This machine may reach the npm registry by a way of its own. */
function trustAsHere(folder: string): readonly string[] {
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()
  const certificates = process.env['NODE_EXTRA_CA_CERTS']
  if (certificates === undefined || !existsSync(certificates)) return [`ENV npm_config_registry=${registry}`]
  copyFileSync(certificates, join(folder, 'ca.crt'))
  return ['COPY ca.crt /etc/ssl/here.crt', `ENV NODE_EXTRA_CA_CERTS=/etc/ssl/here.crt npm_config_registry=${registry}`]
}

async function build(engine: Engine, tag: string, write: (folder: string) => readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'walletgate-stand-in-'))
  try {
    writeFileSync(join(folder, 'Dockerfile'), `${write(folder).join('\n')}\n`)
    await engine.build(tag, folder, {})
    return tag
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

import { readdirSync, rmSync } from 'node:fs'

// What Node never loads of OpenTelemetry's packages: builds for bundlers, types, maps, and conventions that are not settled. 15 of
// 17 MB. Packages, licences and manifests stay, so that an image can still be audited for them.
const NEEDLESS =
  /^[^/]+\/build\/(?:esm|esnext)$|\.map$|\.d\.[cm]?ts$|^semantic-conventions\/dist\/(?:experimental_|index-incubating\.)/

const [modules] = process.argv.slice(2)
if (modules === undefined) throw new TypeError('say which node_modules to prune')
const packages = `${modules}/@opentelemetry`
for (const path of readdirSync(packages, { recursive: true, encoding: 'utf8' })) {
  if (NEEDLESS.test(path)) rmSync(`${packages}/${path}`, { recursive: true, force: true })
}

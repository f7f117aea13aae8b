import { rm } from 'node:fs/promises'
import { build } from 'esbuild'
import { embedPageAssets } from './page-assets.mjs'

// Where to, for those who must not disturb `dist`: within the checkout, because dependencies stay in node_modules, so that an
// image can be audited for them. Split, so that short commands load no server.
const outdir = process.argv[2] ?? 'dist'
await rm(outdir, { recursive: true, force: true })
await build({
  entryPoints: { walletgate: 'src/cli/main.ts' },
  outdir,
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  sourcemap: true,
  plugins: [embedPageAssets],
})

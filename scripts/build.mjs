import { rm } from 'node:fs/promises'
import { build } from 'esbuild'
import { embedPageAssets } from './page-assets.mjs'

/** What only some starts load. The rest is bundled: finding its 250 files took a third of the time to the first answer. */
const EXTERNAL = ['@opentelemetry/*', '@simplewebauthn/server', 'csv-parse', 'nodemailer', 'prom-client']

// Where to, for those who must not disturb `dist`: within the checkout, because of the above. Split, so that short commands load no server.
const outdir = process.argv[2] ?? 'dist'
await rm(outdir, { recursive: true, force: true })
await build({
  entryPoints: { walletgate: 'src/cli/main.ts' },
  outdir,
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  external: EXTERNAL,
  // The packages that are CommonJS ask for Node's own modules.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url)",
  },
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  plugins: [embedPageAssets],
})

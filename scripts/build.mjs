import { rm } from 'node:fs/promises'
import { build } from 'esbuild'

// One file for the process; dependencies stay in node_modules, so that an image can be audited for them.
await rm('dist', { recursive: true, force: true })
await build({
  entryPoints: { walletgate: 'src/cli/main.ts' },
  outdir: 'dist',
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  sourcemap: true,
})

import type { PageAssets } from './page-assets.ts'

/** Makes the assets from their sources. `scripts/build.mjs` puts the finished ones in this module's place. */
export async function loadPageAssets(): Promise<PageAssets> {
  const { readPageAssets } = await import('../../scripts/page-assets.mjs')
  return readPageAssets()
}

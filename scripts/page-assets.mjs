import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
/** Browsers of the last three years. */
const TARGET = ['chrome111', 'firefox114', 'safari16.4']

/** What the pages are made of: a script for each kind of page, and the guides as they were written. */
export async function readPageAssets() {
  const [playgroundScript, docsScript, guides] = await Promise.all([
    bundle('src/pages/browser/playground.ts'),
    bundle('src/pages/browser/docs.ts'),
    readGuides(),
  ])
  return { playgroundScript, docsScript, guides }
}

async function bundle(path) {
  const { outputFiles } = await build({
    entryPoints: [at(path)],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: TARGET,
    logLevel: 'error',
    legalComments: 'none',
  })
  return outputFiles[0].text
}

async function readGuides() {
  const folder = at('docs/guides')
  const files = (await readdir(folder)).filter((name) => name.endsWith('.md')).sort()
  return Promise.all(
    files.map(async (name) => ({ slug: basename(name, '.md'), text: await readFile(`${folder}/${name}`, 'utf8') })),
  )
}

/** Puts the finished assets where the sources make them anew: what is built needs neither esbuild nor a file beside it. */
export const embedPageAssets = {
  name: 'embed-page-assets',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/]pages[\\/]load-assets\.ts$/ }, async () => {
      const assets = JSON.stringify(await readPageAssets())
      return { loader: 'js', contents: `const assets = ${assets}\nexport const loadPageAssets = async () => assets\n` }
    })
  },
}

import type { Plugin } from 'esbuild'
import type { PageAssets } from '../src/pages/page-assets.ts'

export function readPageAssets(): Promise<PageAssets>
export const embedPageAssets: Plugin

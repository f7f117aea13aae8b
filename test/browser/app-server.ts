import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export type AppName = 'walletkit-js' | 'react-link' | 'examples'

export interface AppServer {
  readonly origin: string
  stop(): Promise<void>
}

export interface AppSettings {
  /** The base URL of the gateway. */
  readonly environment: string
  readonly projectId: string
}

/** Somebody's application with a vendor's package in it, bundled as applications are and served from an origin of its own. */
export async function serveApp(name: AppName, port: number, settings: AppSettings): Promise<AppServer> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`./apps/${name}.js`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}' },
    logLevel: 'error',
  })
  const script = outputFiles[0]?.text ?? ''
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>An application</title><link rel="icon" href="data:,">
<script type="application/json" id="settings">${JSON.stringify(settings)}</script>
<div id="app"></div><script type="module" src="/app.js"></script></html>`
  const server = createServer((request, response) => {
    const isScript = request.url === '/app.js'
    response.setHeader('Content-Type', isScript ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8')
    response.end(isScript ? script : page)
  }).listen(port, 'localhost')
  await once(server, 'listening')
  return {
    origin: `http://localhost:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

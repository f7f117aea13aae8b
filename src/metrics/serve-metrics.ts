import { type Listening, listen } from '../http/listen.ts'

/** What a scrape is answered with. */
export interface Scraped {
  readonly contentType: string
  readonly text: string
}

/**
 * Answers `GET /metrics` on a port of its own, and nothing else: 404 in the server's shape, 503 when the numbers cannot be had.
 * Rejects when the port cannot be had, with the name of the setting.
 */
export async function serveMetrics(
  scrape: () => Promise<Scraped>,
  address: { readonly host: string; readonly port: number },
): Promise<Listening> {
  try {
    return await listen((request) => answer(scrape, request), address)
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { setting: 'METRICS_PORT' }) : error
  }
}

const NO_STORE = { 'Cache-Control': 'no-store' }

async function answer(scrape: () => Promise<Scraped>, { method, url }: Request): Promise<Response> {
  const isScrape = (method === 'GET' || method === 'HEAD') && new URL(url).pathname === '/metrics'
  if (!isScrape) return Response.json({ error: 'not found' }, { status: 404, headers: NO_STORE })
  try {
    const { contentType, text } = await scrape()
    return new Response(text, { headers: { ...NO_STORE, 'Content-Type': contentType } })
  } catch {
    return Response.json({ error: 'metrics unavailable' }, { status: 503, headers: NO_STORE })
  }
}

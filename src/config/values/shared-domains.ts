/** What registries below a country's domain are called: `co.uk`, `com.au`. */
const REGISTRY_LABELS = new Set(
  'ac co com ed edu go gob gov gouv id ind info ltd me mil mod ne net nhs nom or org plc pro sch web'.split(' '),
)

/** Where services give names to whoever asks. Not all there are: those where a team is likely to have its own pages. */
const HOSTING = new Set([
  'amplifyapp.com',
  'app.github.dev',
  'appspot.com',
  'azurestaticapps.net',
  'azurewebsites.net',
  'blogspot.com',
  'cloudfront.net',
  'cloudflareaccess.com',
  'codesandbox.io',
  'csb.app',
  'deno.dev',
  'duckdns.org',
  'edgeone.app',
  'firebaseapp.com',
  'fly.dev',
  'github.dev',
  'github.io',
  'gitlab.io',
  'glitch.me',
  'herokuapp.com',
  'loca.lt',
  'netlify.app',
  'ngrok-free.app',
  'ngrok-free.dev',
  'ngrok.app',
  'ngrok.dev',
  'ngrok.io',
  'nip.io',
  'now.sh',
  'onrender.com',
  'pages.dev',
  'railway.app',
  'replit.app',
  'replit.dev',
  'repl.co',
  'run.app',
  'sslip.io',
  'stackblitz.io',
  'surge.sh',
  'trycloudflare.com',
  'vercel.app',
  'vercel.dev',
  'web.app',
  'webcontainer.io',
  'workers.dev',
])

/**
 * Whether strangers can have names one label below this domain. It knows the usual ones, where a wildcard would let anybody's page
 * sign people in; the Public Suffix List would know all, change every week, and be larger than the rest of the configuration.
 */
export function isSharedDomain(domain: string): boolean {
  const [label = '', top = '', ...more] = domain.split('.')
  const isRegistry = more.length === 0 && top.length === 2 && REGISTRY_LABELS.has(label)
  return isRegistry || HOSTING.has(domain)
}

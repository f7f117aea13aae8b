import { isIPv6 } from 'node:net'
import type { RandomSource } from '../../core/ports.ts'
import type { Settings } from '../config/settings.ts'
import { isLocalUrl } from '../config/values/network.ts'
import { createProbeSeal, type ProbeSeal } from '../probe/probe-seal.ts'
import { type Finding, fail, ok, unknown, warn } from './finding.ts'
import { judgeProxies, type Sighting } from './judge-proxies.ts'
import { compareClocks } from './redis/judge-node.ts'
import { type ProbeAnswer, sendProbe } from './send-probe.ts'

/** RFC 5737: an address of documentation, which nobody calls from. */
const CLAIMED_ADDRESS = '203.0.113.77'

export interface PublicTerms {
  readonly random: RandomSource
  readonly now: () => number
  /** Whether WALLETGATE_SECRET is said, so that the server has it too. */
  readonly hasSecret: boolean
  readonly isProduction: boolean
}

/** The way in from outside: PUBLIC_URL, the port behind it, the proxies in between. */
export async function examinePublicUrl(settings: Settings, terms: PublicTerms): Promise<readonly Finding[]> {
  const { server, secrets } = settings
  const seal = createProbeSeal(secrets, terms.random)
  const [local, plain, metrics] = await Promise.all([
    sendProbe(localOrigin(settings), seal, null),
    sendProbe(server.publicUrl, seal, null),
    examineMetrics(settings),
  ])
  return [
    ...judgeHttps(server.publicUrl, terms.isProduction),
    judgePort(local, terms.hasSecret),
    judgeReach(plain, local, terms.hasSecret),
    ...(plain.from === 'us'
      ? [
          judgeProxies(plain, await claimAddress(plain, server.publicUrl, seal), server.trustedProxies),
          compareClocks(plain.sight.now - terms.now() + (plain.secondsOnTheWay / 2) * 1000, 'the server'),
        ]
      : []),
    ...metrics,
  ]
}

/** Only where a trusted proxy is in between: elsewhere nobody would believe it, and the server would log that a proxy is not trusted. */
async function claimAddress({ sight, isDirect }: Sighting, publicUrl: string, seal: ProbeSeal): Promise<boolean> {
  if (!sight.isTrusted || isDirect) return false
  const answer = await sendProbe(publicUrl, seal, CLAIMED_ADDRESS)
  return answer.from === 'us' && answer.sight.caller === CLAIMED_ADDRESS
}

/** Where the server listens on this machine. */
function localOrigin({ server: { host, port } }: Settings): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (!isIPv6(host)) return `http://${host}:${port}`
  return `http://[${/^[0:]+$/.test(host) ? '::1' : host}]:${port}`
}

function judgeHttps(publicUrl: string, isProduction: boolean): readonly Finding[] {
  if (!isProduction) return []
  if (isLocalUrl(publicUrl)) return [warn('public.https', 'PUBLIC_URL names this machine: nobody else reaches it')]
  return publicUrl.startsWith('https:')
    ? [ok('public.https', 'https')]
    : [fail('public.https', 'PUBLIC_URL is plain http: tokens can be read on the way')]
}

function isNobodyThere(answer: ProbeAnswer): boolean {
  return answer.from === 'nobody' && /^(?:econnrefused|eaddrnotavail)$/.test(answer.code)
}

function judgePort(local: ProbeAnswer, hasSecret: boolean): Finding {
  switch (local.from) {
    case 'us':
      return ok('server.port', 'this server listens')
    case 'nobody':
      return isNobodyThere(local)
        ? ok('server.port', 'free: no server runs on this machine')
        : fail('server.port', `What listens does not answer (${local.code})`)
    case 'another':
      return local.isWalletgate && !hasSecret
        ? ok('server.port', 'a Walletgate listens')
        : fail(
            'server.port',
            local.isWalletgate ? 'A Walletgate with another secret listens' : 'Something else listens',
          )
  }
}

function judgeReach(plain: ProbeAnswer, local: ProbeAnswer, hasSecret: boolean): Finding {
  switch (plain.from) {
    case 'us':
      return ok('public.reaches', 'this deployment')
    case 'nobody': {
      const message = `Nobody answers at PUBLIC_URL (${plain.code})`
      const mayNotRunYet = isNobodyThere(local) && !/notfound|cert|issuer|signature/.test(plain.code)
      return mayNotRunYet
        ? warn('public.reaches', `${message}, and no server runs on this machine`)
        : fail('public.reaches', message)
    }
    case 'another':
      if (!plain.isWalletgate) {
        return fail('public.reaches', `What answers at PUBLIC_URL is no Walletgate (status ${plain.status})`)
      }
      return hasSecret
        ? fail('public.reaches', 'Another Walletgate answers at PUBLIC_URL: one with another secret')
        : unknown('public.reaches', 'A Walletgate answers; which one, only a WALLETGATE_SECRET can tell')
  }
}

/** Where PUBLIC_URL leads: the metrics name projects, keys and chains. */
async function examineMetrics({ server: { metricsPort, publicUrl } }: Settings): Promise<readonly Finding[]> {
  if (metricsPort === null || metricsPort === 0) return []
  if (isLocalUrl(publicUrl)) return [ok('metrics.port', 'PUBLIC_URL names this machine')]
  const { hostname } = new URL(publicUrl)
  try {
    const answer = await fetch(`http://${hostname}:${metricsPort}/metrics`, {
      signal: AbortSignal.timeout(2_500),
      redirect: 'manual',
    })
    const isOurs = answer.ok && (await answer.text()).includes('walletgate_')
    return [
      isOurs
        ? warn('metrics.port', 'It answers at the host of PUBLIC_URL, at least from this machine')
        : ok('metrics.port', 'something else answers at the host of PUBLIC_URL'),
    ]
  } catch {
    return [ok('metrics.port', 'does not answer at the host of PUBLIC_URL')]
  }
}

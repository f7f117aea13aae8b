import type { ContractVerdict } from '../../core/chains/contract-accounts.ts'
import type { RandomSource } from '../../core/ports.ts'
import type { ProjectSettings, Settings } from '../config/settings.ts'
import { isLocalUrl } from '../config/values/network.ts'
import { openContractAccounts } from '../rpc/open-contract-accounts.ts'
import { readHeadTime } from '../rpc/read-head-time.ts'
import { type Finding, fail, ok, unknown, warn } from './finding.ts'

const LIMIT_MS = 2_500
const SLOW_MS = 1_000
const STALE_SECONDS = { warn: 300, fail: 3_600 }
/** Clocks of block makers differ by a few seconds. */
const FUTURE_SECONDS = 30

interface RpcPorts {
  readonly random: RandomSource
  readonly now: () => number
}

interface Listed {
  readonly project: ProjectSettings
  readonly chainId: string
  readonly url: string
  readonly subject: string
}

/** Every RPC server of every project, each by the question that a sign-in of a contract account asks, and its newest block. */
export async function examineRpc(
  { projects }: Pick<Settings, 'projects'>,
  ports: RpcPorts,
): Promise<readonly Finding[]> {
  const listed = projects.flatMap((project) =>
    Object.entries(project.evmRpcUrls).flatMap(([chainId, urls]) =>
      // Servers are named by their place: URLs hold keys.
      urls.map((url, index): Listed => {
        const place = `${chainId}, server ${index + 1}`
        return { project, chainId, url, subject: projects.length > 1 ? `${place} of ${project.id}` : place }
      }),
    ),
  )
  return (await Promise.all(listed.map((each) => examineServer(each, ports)))).flat()
}

async function examineServer(listed: Listed, { random, now }: RpcPorts): Promise<readonly Finding[]> {
  const [question, headTime] = await Promise.all([askValidator(listed, random), readHeadTime(listed.url, LIMIT_MS)])
  const findings = judgeQuestion(question, listed.subject)
  const isHeard = findings.every(({ check, outcome }) => check !== 'rpc.reachable' || outcome === 'ok')
  return isHeard ? [...findings, judgeHead(headTime, now(), listed)] : findings
}

interface Question {
  readonly verdict: ContractVerdict
  readonly milliseconds: number
}

/** An account that nobody has: the right answer is that there is no code. */
async function askValidator({ project, chainId, url }: Listed, random: RandomSource): Promise<Question> {
  const rpc = await openContractAccounts([{ ...project, evmRpcUrls: { [chainId]: [url] } }], {
    totalMs: LIMIT_MS,
    attemptMs: LIMIT_MS,
    answerBytes: 64 * 1024,
    concurrency: 1,
    setAsideMs: 0,
  })
  try {
    const startedAt = performance.now()
    const verdict = await rpc.contractAccounts.verify({
      projectId: project.id,
      chain: chainId.slice('eip155:'.length),
      address: `0x${Buffer.from(random.bytes(20)).toString('hex')}`,
      message: Buffer.from('walletgate doctor'),
      signature: random.bytes(65),
    })
    return { verdict, milliseconds: performance.now() - startedAt }
  } finally {
    rpc.close()
  }
}

const CALL_FAILURES: Readonly<Record<string, string>> = {
  rpc_gas_capped: 'It gives eth_call too little gas',
  rpc_execution_failed: 'It does not run our eth_call',
  rpc_error: 'It refuses our eth_call',
  rpc_answer_malformed: 'Its answer to our eth_call is none',
  rpc_answer_mismatched: 'It answers another question than ours',
}

function judgeQuestion({ verdict: { verdict, reason }, milliseconds }: Question, subject: string): readonly Finding[] {
  const reachable = ok('rpc.reachable', 'answers', subject)
  if (verdict === 'unchecked') {
    if (reason === 'rpc_wrong_chain') return [reachable, fail('rpc.chain', 'It serves another chain', subject)]
    const failure = CALL_FAILURES[reason]
    return failure === undefined
      ? [fail('rpc.reachable', `No answer that can be used (${reason})`, subject)]
      : [reachable, fail('rpc.calls', failure, subject)]
  }
  const took = `${Math.round(milliseconds)} ms`
  return [
    reachable,
    ok('rpc.chain', 'as listed', subject),
    ok('rpc.calls', 'runs', subject),
    milliseconds > SLOW_MS ? warn('rpc.speed', took, subject) : ok('rpc.speed', took, subject),
  ]
}

function judgeHead(headTime: number | null, now: number, { url, subject }: Listed): Finding {
  if (headTime === null) return unknown('rpc.head', 'It does not show its newest block', subject)
  const seconds = Math.round(now / 1000 - headTime)
  if (seconds < -FUTURE_SECONDS) {
    return warn('rpc.head', `Its newest block is ${-seconds} s ahead of our clock, which is probably slow`, subject)
  }
  const age = `${seconds < 0 ? 0 : seconds} s old`
  // A chain of a developer's own stands still while nobody uses it.
  if (seconds > STALE_SECONDS.fail && !isLocalUrl(url)) return fail('rpc.head', age, subject)
  return seconds > STALE_SECONDS.warn ? warn('rpc.head', age, subject) : ok('rpc.head', age, subject)
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { goodRequests, type LiveValues, makeLiveValues } from './support/good-requests.ts'
import { CANARY } from './support/hostile-values.ts'
import { judge } from './support/judge.ts'
import { IS_LONG, sampleOfRun } from './support/length.ts'
import { type Mutant, mutantsOf } from './support/mutants.ts'
import { type Operation, readOperations } from './support/operations.ts'
import { SignIns } from './support/sign-ins.ts'
import { Target, type Vitals } from './support/target.ts'
import { Wire, type WireRequest } from './support/wire.ts'

const OPERATIONS = readOperations()
/** Requests of an operation in a short run. */
const SHORT = 36
const AT_ONCE = 6
const MB = 1024 * 1024

describe.each(IS_LONG ? (['memory', 'redis'] as const) : (['memory'] as const))('hostile requests, on %s', (store) => {
  let target: Target
  let signIns: SignIns
  let wire: Wire
  let before: Vitals
  let live: LiveValues | null = null
  /** By the ids of their answers. */
  const sent = new Map<string, WireRequest>()
  const secrets: (readonly [name: string, secret: string])[] = []
  beforeAll(async () => {
    target = await Target.start(store)
    signIns = new SignIns(target)
    wire = new Wire(target.port)
    await signInEverywhere()
    before = await target.vitals()
  })
  afterAll(async () => {
    wire.close()
    await target.stop()
  })

  const signInEverywhere = async () => {
    await signIns.fourmica()
    await signIns.moonkey()
    await signIns.walletkit()
  }
  /** A fresh one of everything, and its secrets, which may be in no log line. */
  const makeLive = async (): Promise<LiveValues> => {
    const live = await makeLiveValues(target, signIns)
    for (const [dialect, fields] of Object.entries(live.fields)) {
      for (const [name, value] of Object.entries(fields)) {
        if (/token|jwt|signature|otp$|siwe|message|email$|code$/.test(name) && String(value).length > 8) {
          secrets.push([`${dialect} ${name}`, String(value)])
        }
      }
    }
    for (const [name, value] of Object.values(live.credentials)) {
      if (name === 'Authorization') secrets.push([value.slice(0, 16), value.split(' ')[1] ?? ''])
    }
    return live
  }
  const attack = async (operation: Operation, index: number): Promise<readonly string[]> => {
    // What one operation uses up or ends, a few others have to do without in a short run.
    if (live === null || IS_LONG || index % 5 === 0) live = await makeLive()
    const faults: string[] = []
    const ways = goodRequests(operation, live, target.port)
    const queue = ways.flatMap((good) =>
      sampleOfRun(mutantsOf(operation, good), SHORT / ways.length, index).map((mutant) => ({ good, mutant })),
    )
    const run = async () => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        const { name, request }: Mutant = next.mutant
        const answer = await wire.send(request)
        sent.set(answer?.headers.get('x-request-id') ?? '', request)
        const fault = await judge(operation, next.good, request, answer)
        if (fault !== null) faults.push(`${name}: ${fault}`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, run))
    return faults
  }

  it.each(OPERATIONS.map((operation, index) => [`${operation.method} ${operation.path}`, operation, index] as const))(
    '%s answers each with a refusal of its dialect, or as a good one, and signing in still works',
    { timeout: 300_000 },
    async (_, operation, index) => {
      expect(await attack(operation, index)).toEqual([])
      await {
        '4mica': () => signIns.fourmica(),
        moonkey: () => signIns.moonkey(),
        walletkit: () => signIns.walletkit(),
      }[operation.dialect]()
    },
  )

  it('took less than two seconds for each', async () => {
    const answered = (await target.logged()).filter(({ ms }) => typeof ms === 'number')
    expect(answered.length).toBeGreaterThan(OPERATIONS.length * SHORT)
    const slow = answered.filter(({ ms }) => Number(ms) > 2_000)
    // A busy machine stops any process for seconds. What is slow by itself is slow again, and alone.
    const again = new Map<string, number>()
    for (const { requestId, path } of slow) {
      const request = sent.get(String(requestId))
      if (request === undefined) continue // One of ours, to sign in.
      const ids: string[] = []
      for (let turn = 0; turn < 3; turn += 1) ids.push((await wire.send(request))?.headers.get('x-request-id') ?? '')
      const times = (await target.logged()).filter((line) => ids.includes(String(line['requestId'])))
      again.set(String(path), Math.min(...times.map(({ ms }) => Number(ms))))
    }
    expect([...again].filter(([, ms]) => ms > 2_000)).toEqual([])
  })

  it('logged a line for each and nothing of what was sent, and complained of nothing', async () => {
    // Kept mails are logged on purpose, with the memory store alone: there is nowhere else to read them.
    const lines = (await target.logged()).filter(({ msg }) => !String(msg).startsWith('mail kept here'))
    const levels = new Set(lines.map(({ level }) => level))
    expect([...levels].filter((level) => Number(level) >= 50)).toEqual([])
    // The path is logged: it is cut, and what it says is its caller's own.
    const text = lines.map(({ path: _, ...line }) => JSON.stringify(line)).join('\n')
    expect(text.includes(CANARY) && text.slice(text.indexOf(CANARY) - 300, text.indexOf(CANARY) + 50)).toBe(false)
    for (const [name, secret] of secrets) {
      const at = text.indexOf(JSON.stringify(secret).slice(-60, -1))
      expect(at === -1 ? 'nowhere' : text.slice(at - 300, at + 50), name).toBe('nowhere')
    }
    expect(target.complaints).toBe('')
  })

  it('counts what was asked under names that callers do not choose', async () => {
    const text = await (await fetch(`http://127.0.0.1:${target.metricsPort}/metrics`)).text()
    expect(text).not.toContain(CANARY)
    expect(text.split('\n').length).toBeLessThan(5_000)
  })

  it('keeps neither memory nor connections', async () => {
    wire.close()
    await signInEverywhere()
    const sockets = ({ resources }: Vitals) => resources.filter((name) => /TCP(?:Socket)?Wrap$/.test(name)).length
    let after = await target.vitals()
    for (let waited = 0; sockets(after) > sockets(before) + 4 && waited < 100; waited += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      after = await target.vitals()
    }
    expect(sockets(after)).toBeLessThanOrEqual(sockets(before) + 4)
    // The memory store keeps users, sessions and challenges that were asked for; Redis has them elsewhere.
    expect((after.heapUsed - before.heapUsed) / MB).toBeLessThan(store === 'redis' ? 40 : 120)
    expect(after.rss / MB).toBeLessThan(450)
    expect(after.resources.length).toBeLessThan(before.resources.length + 30)
  })
})

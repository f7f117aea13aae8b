import { describe, expect, it } from 'vitest'
import type { ReloadedConfig } from '../../../src/config/reload-config.ts'
import { reloadConfig } from '../../../src/config/reload-config.ts'
import { createReloader, type Reloader } from '../../../src/reload/reloader.ts'
import type { ReloadReport } from '../../../src/reload/report-reloads.ts'
import { TestClock } from '../../support/clock.ts'
import { countingRandom, loadWith, WITH_FILE } from '../config/load-with.ts'

const fileOf = (...ids: string[]) =>
  JSON.stringify({ projects: ids.map((id) => ({ id, walletkit: { projectId: id } })) })

/** A process whose file is a variable, and which applies what it reads when it is let. */
function openProcess(first: string) {
  const clock = new TestClock()
  const told: string[] = []
  const inForce: (readonly string[])[] = []
  const process = {
    file: first as string | null,
    /** How often the file was read. */
    reads: 0,
    clock,
    told,
    inForce,
    apply: async (reloaded: ReloadedConfig): Promise<void> => {
      inForce.push(reloaded.settings.projects.map(({ id }) => id))
    },
  }
  const report: ReloadReport = {
    applied: ({ isChanged }) => void told.push(isChanged ? 'applied' : 'unchanged'),
    refused: (error) => void told.push(`refused ${String(error).split('\n').length - 1}`),
    failed: (error) => void told.push(`failed ${String(error)}`),
    stopping: () => void told.push('stopping'),
    nothing: () => void told.push('nothing'),
  }
  const settings = loadWith(WITH_FILE, first)
  const reloader: Reloader = createReloader({
    settings,
    read: (running) => {
      process.reads += 1
      const readFile = () => {
        if (process.file === null) throw Object.assign(new Error('gone'), { code: 'ENOENT' })
        return process.file
      }
      return reloadConfig(WITH_FILE, readFile, countingRandom(), running)
    },
    apply: (reloaded) => process.apply(reloaded),
    report,
    clock,
  })
  return { process, reloader }
}

/** Turns of the event loop, in which whatever can go on does. */
const settle = async () => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
}

describe('SIGHUP', () => {
  it('puts the file into force, and compares the next with it', async () => {
    const { process, reloader } = openProcess(fileOf('a'))
    process.file = fileOf('a', 'b')
    process.clock.advance(5_000)
    reloader.request()
    await settle()
    expect(process.inForce).toEqual([['a', 'b']])
    expect(reloader.outcomes).toEqual({ applied: 1, unchanged: 0, refused: 0, failed: 0 })
    expect(reloader.lastSuccessAt).toEqual(process.clock.now())
    reloader.request()
    await settle()
    expect(process.told).toEqual(['applied', 'unchanged'])
    expect(process.inForce).toHaveLength(1)
  })

  it.each<[string, string | null]>([
    ['a bad file', '{"projects": [{"id": "a b"}, {"id": "c d"}]}'],
    ['half a file', '{"projects"'],
    ['no file', null],
  ])('with %s changes nothing, says so, and the next good file is taken', async (_, bad) => {
    const { process, reloader } = openProcess(fileOf('a'))
    const startedAt = reloader.lastSuccessAt
    process.clock.advance(5_000)
    process.file = bad
    reloader.request()
    await settle()
    expect(process.inForce).toEqual([])
    expect(process.told).toEqual([expect.stringMatching(/^refused [12]$/)])
    expect(reloader.isLastInForce).toBe(false)
    expect(reloader.lastSuccessAt).toEqual(startedAt)

    process.file = fileOf('a')
    reloader.request()
    await settle()
    expect(process.told.at(-1)).toBe('unchanged')
    expect(reloader.isLastInForce).toBe(true)
    expect(reloader.outcomes).toEqual({ applied: 0, unchanged: 1, refused: 1, failed: 0 })
  })

  it('what cannot be put into force is not what the next is compared with', async () => {
    const { process, reloader } = openProcess(fileOf('a'))
    const { apply } = process
    process.apply = () => Promise.reject(new Error('the store is down'))
    process.file = fileOf('b')
    reloader.request()
    await settle()
    expect(process.told).toEqual(['failed Error: the store is down'])
    expect(reloader.isLastInForce).toBe(false)
    process.apply = apply
    reloader.request()
    await settle()
    expect(process.told.at(-1)).toBe('applied')
    expect(process.inForce).toEqual([['b']])
  })

  it('many at once are one after the other, and the last file is in force', async () => {
    const { process, reloader } = openProcess(fileOf('a'))
    const { apply } = process
    let release = () => {}
    let underWay = 0
    process.apply = async (reloaded) => {
      underWay += 1
      expect(underWay).toBe(1)
      await new Promise<void>((resolve) => {
        release = resolve
      })
      await apply(reloaded)
      underWay -= 1
    }
    process.file = fileOf('b')
    for (let asked = 0; asked < 10; asked += 1) reloader.request()
    await settle()
    expect([process.reads, process.inForce]).toEqual([1, []])
    process.file = fileOf('c')
    reloader.request()
    release()
    await settle()
    // Nine of the requests, and the tenth that came later, are one look more.
    expect([process.reads, process.inForce]).toEqual([2, [['b']]])
    release()
    await settle()
    expect([process.reads, process.inForce]).toEqual([2, [['b'], ['c']]])
    expect(reloader.outcomes.applied).toBe(2)
  })

  it('while the process stops reads nothing', async () => {
    const { process, reloader } = openProcess(fileOf('a'))
    await reloader.stop()
    process.file = fileOf('b')
    reloader.request()
    await settle()
    expect([process.reads, process.told, process.inForce]).toEqual([0, ['stopping'], []])
  })

  it.each([
    ['that succeeds', () => Promise.resolve()],
    ['that fails, as stores do that are being closed', () => Promise.reject(new Error('closed'))],
  ])('a stop in the middle of one %s is waited for, and makes no noise', async (_, end) => {
    const { process, reloader } = openProcess(fileOf('a'))
    let release = () => {}
    process.apply = async () => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
      await end()
    }
    process.file = fileOf('b')
    reloader.request()
    reloader.request()
    await settle()
    let hasStopped = false
    const stopped = reloader.stop().then(() => {
      hasStopped = true
    })
    await settle()
    expect(hasStopped).toBe(false)
    release()
    await stopped
    expect(process.told).toEqual(['stopping'])
    expect(process.reads).toBe(1)
  })
})

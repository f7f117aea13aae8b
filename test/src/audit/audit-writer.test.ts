import { describe, expect, it } from 'vitest'
import { type AuditSink, AuditWriter, type AuditWriterEvent } from '../../../src/audit/audit-writer.ts'
import { TestTimer } from './test-timer.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

function open() {
  const written: string[] = []
  const batches: number[] = []
  const events: AuditWriterEvent[] = []
  const timer = new TestTimer()
  const state = { isDown: false, isClosed: false, hang: null as Promise<void> | null }
  const sink: AuditSink = {
    name: 'file',
    async append(lines) {
      if (state.hang !== null) await state.hang
      if (state.isDown) throw new Error('ENOSPC')
      batches.push(lines.length)
      written.push(...lines)
    },
    async close() {
      state.isClosed = true
    },
  }
  const writer = new AuditWriter(sink, timer, (event) => void events.push(event))
  return { writer, written, batches, events, timer, state }
}

describe('AuditWriter', () => {
  it('writes in order, the lines of one turn together, and goes on after it was idle', async () => {
    const { writer, written, batches } = open()
    for (const line of ['a', 'b', 'c']) writer.write(line)
    await turn()
    writer.write('d')
    await turn()
    expect(written).toEqual(['a', 'b', 'c', 'd'])
    expect(batches).toEqual([3, 1])
    expect(writer.counters()).toEqual({ written: 4, lost: 0, waiting: 0 })
  })

  it('a line that comes while the last one is being written is written too', async () => {
    const { writer, written, state } = open()
    let release = () => {}
    state.hang = new Promise((resolve) => {
      release = resolve
    })
    writer.write('a')
    await turn()
    writer.write('b')
    state.hang = null
    release()
    await turn()
    expect(written).toEqual(['a', 'b'])
    // Each in the very turn in which the round before ends.
    for (let index = 0; index < 50; index += 1) {
      writer.write(String(index))
      await Promise.resolve()
      await Promise.resolve()
    }
    await turn()
    expect(written.slice(2)).toEqual(Array.from({ length: 50 }, (_, index) => String(index)))
  })

  it('tries again until the sink is back, and says so once each way', async () => {
    const { writer, written, events, timer, state } = open()
    state.isDown = true
    writer.write('a')
    await turn()
    writer.write('b')
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(timer.waits).toEqual([1000])
      timer.fire()
      await turn()
    }
    expect([written, writer.counters()]).toEqual([[], { written: 0, lost: 0, waiting: 2 }])
    state.isDown = false
    timer.fire()
    await turn()
    expect(written).toEqual(['a', 'b'])
    expect(events.map(({ kind }) => kind)).toEqual(['sink_lost', 'sink_back'])
  })

  it('holds ten thousand lines; what comes beyond is lost, counted, and said', async () => {
    const { writer, written, events, timer, state } = open()
    state.isDown = true
    for (let index = 0; index < 10_003; index += 1) writer.write(String(index))
    await turn()
    expect(writer.counters()).toEqual({ written: 0, lost: 3, waiting: 10_000 })
    state.isDown = false
    timer.fire()
    await turn()
    expect([written.length, written[0], written.at(-1)]).toEqual([10_000, '0', '9999'])
    expect(events.slice(1)).toEqual([{ kind: 'sink_back' }, { kind: 'facts_lost', count: 3 }])
  })

  it('closing writes what waits', async () => {
    const { writer, written, state } = open()
    writer.write('a')
    writer.write('b')
    await writer.close()
    expect([written, state.isClosed]).toEqual([['a', 'b'], true])
    writer.write('c')
    await turn()
    expect(writer.counters()).toEqual({ written: 2, lost: 1, waiting: 0 })
  })

  it('closing does not wait for a sink that is down: what it did not take is lost, and said', async () => {
    const { writer, events, timer, state } = open()
    state.isDown = true
    writer.write('a')
    await turn()
    expect(timer.waits).toEqual([1000])
    await writer.close()
    expect([writer.counters(), state.isClosed]).toEqual([{ written: 0, lost: 1, waiting: 0 }, true])
    expect(events.at(-1)).toEqual({ kind: 'facts_lost', count: 1 })
  })

  it('closing does not wait for ever for a sink that hangs', async () => {
    const { writer, timer, state } = open()
    state.hang = new Promise(() => {})
    writer.write('a')
    const closed = writer.close()
    await turn()
    expect(timer.waits).toEqual([3000])
    timer.fire()
    await closed
    expect(writer.counters()).toMatchObject({ lost: 1 })
  })
})

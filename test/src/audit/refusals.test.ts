import { describe, expect, it } from 'vitest'
import { openTestAudit } from './memory-sink.ts'

const refusal = (reason: string, projectId = 'demo') =>
  ({
    event: 'sign_in.refused',
    projectId,
    door: 'fourmica',
    factor: 'wallet',
    code: 'signature_invalid',
    reason,
  }) as const

describe('many refusals', () => {
  it('are written one by one up to twenty in a window, then counted and told once', async () => {
    const { audit, timer, facts } = openTestAudit()
    for (let count = 0; count < 1_000; count += 1) audit.record(refusal('wrong'))
    expect(await facts()).toHaveLength(20)
    timer.fire()
    expect(await facts()).toMatchObject([{ event: 'sign_in.refused', reason: 'wrong', count: 980 }])
    timer.fire()
    expect(await facts()).toEqual([])
    audit.record(refusal('wrong'))
    const [next] = await facts()
    expect(next).not.toHaveProperty('count')
  })

  it('of one kind do not hide another, nor other facts', async () => {
    const { audit, facts } = openTestAudit()
    for (let count = 0; count < 100; count += 1) audit.record(refusal('wrong'))
    await facts()
    audit.record(refusal('empty'))
    audit.record(refusal('wrong', 'shop'))
    audit.record({ event: 'user.deleted', projectId: 'demo', userId: 'user_1' })
    expect((await facts()).map(({ event, reason, project }) => [event, reason, project])).toEqual([
      ['sign_in.refused', 'empty', 'demo'],
      ['sign_in.refused', 'wrong', 'shop'],
      ['user.deleted', undefined, 'demo'],
    ])
  })

  it('that were counted are told when the trail is closed', async () => {
    const { audit, timer, facts } = openTestAudit()
    for (let count = 0; count < 25; count += 1) audit.record(refusal('wrong'))
    await audit.close()
    expect((await facts()).at(-1)).toMatchObject({ count: 5 })
    expect(timer.waits).toEqual([])
  })
})

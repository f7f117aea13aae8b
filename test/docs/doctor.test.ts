import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { requiredAclRules } from '../../core/stores/redis/required-commands.ts'
import { CHECKS } from '../../src/doctor/checks.ts'

const guide = readFileSync(new URL('../../docs/guides/doctor.md', import.meta.url), 'utf8')

describe('docs/guides/doctor.md', () => {
  it('has every check with its meaning and remedy, in order, and no other', () => {
    const rows = [...guide.matchAll(/^\| `([a-z.]+)` \| (.*) \| (.*) \|$/gm)].map(([, ...cells]) => cells)
    expect(rows).toEqual(Object.entries(CHECKS).map(([name, { meaning, remedy }]) => [name, meaning, remedy]))
    // Else a cell would fall into two.
    expect(rows.flat().join('')).not.toContain('|')
  })

  it('has the rights of a Redis user that the tests of the stores have', () => {
    const block = /^ACL SETUSER walletgate on >PASSWORD ([^`]*)$/m.exec(guide)?.[1] ?? ''
    expect(block.trim().split(/\s+/)).toEqual(
      requiredAclRules({ isCluster: false, streamKey: null, waitsForReplicas: false }),
    )
    const more = requiredAclRules({ isCluster: true, streamKey: 'facts', waitsForReplicas: true })
    const added = more.filter(
      (rule) => !requiredAclRules({ isCluster: false, streamKey: null, waitsForReplicas: false }).includes(rule),
    )
    for (const rule of added) expect(guide).toContain(rule)
  })

  it('shows remedies and messages as they are', () => {
    const said = /What to do:\n([\s\S]*?)\n\n/.exec(guide)?.[1]?.split('\n') ?? []
    expect(said).toHaveLength(3)
    for (const line of said) {
      const [, name, remedy] = /^(\S+) +(.*)$/.exec(line) ?? []
      const check = Object.entries(CHECKS).find(([each]) => each === name)
      expect(remedy).toBe(check?.[1].remedy)
    }
  })
})

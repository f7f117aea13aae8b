import { formatTable } from '../table.ts'
import type { SoakResults } from './results.ts'

/** The rules of a soak, kept or not, by store. */
export function soakTable({ soaks }: SoakResults): string {
  return formatTable(
    [
      ['store', 'rule'],
      ['at most', 'measured', 'unit', 'kept'],
    ],
    soaks.flatMap(({ store, findings }) =>
      findings.map(({ rule, limit, measured, unit, isKept }) => [
        store,
        rule,
        limit.toFixed(1),
        measured.toFixed(1),
        unit,
        isKept ? 'yes' : 'no',
      ]),
    ),
  )
}

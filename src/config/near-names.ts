/**
 * The name that was probably meant: one edit away (two in a long name), where an edit is a character too many, missing,
 * wrong, or swapped with its neighbour. Null when nothing is that near.
 */
export function nearName(text: string, names: readonly string[]): string | null {
  let nearest: string | null = null
  let least = Number.POSITIVE_INFINITY
  for (const name of names) {
    const distance = editDistance(text, name)
    if (distance < least) {
      least = distance
      nearest = name
    }
  }
  return nearest !== null && least <= (nearest.length >= 6 ? 2 : 1) ? nearest : null
}

/** Optimal string alignment distance. Infinite, unmeasured, where the lengths already differ by more than two. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Number.POSITIVE_INFINITY
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (isSame ? 0 : 1),
          isSwap ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}

// What somebody may have meant by a word that there is not.

/** Slips of the finger that a suggestion forgives. */
const MAX_SLIPS = 2

/** The candidate that is fewest slips away, if any is near enough to be meant. */
export function nearMiss(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  // In a short word two slips make any other word.
  let fewest = Math.min(MAX_SLIPS, Math.floor(word.replaceAll('-', '').length / 3)) + 1
  for (const candidate of candidates) {
    const slips = distance(word, candidate)
    if (slips < fewest) [best, fewest] = [candidate, slips]
  }
  return best
}

/** Letters that are missing, too many, wrong, or swapped with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      row[j] = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1))
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwapped) row[j] = Math.min(row[j] ?? 0, (before[j - 2] ?? 0) + 1)
    }
    ;[before, last] = [last, row]
  }
  return last[b.length] ?? 0
}

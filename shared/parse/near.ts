/** The candidate a mistyped word most likely meant: it begins with it, or at most a third of the letters are wrong. Case is no difference. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const lower = word.toLowerCase()
  const known = [...candidates].slice(0, CANDIDATES_MAX)
  const longer = lower.length < PREFIX_LENGTH_MIN ? undefined : known.find((one) => one.toLowerCase().startsWith(lower))
  if (longer !== undefined) return longer
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(lower, candidate.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Candidates that are compared. Source: ours; bounds the time a hostile file takes. */
const CANDIDATES_MAX = 200

/** A shorter beginning of a word says too little, in characters. */
const PREFIX_LENGTH_MIN = 4

/** Insertions, deletions, replacements and swaps of neighbours that turn one into the other; `limit` once it cannot be less. */
function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit
  let before: readonly number[] = []
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : limit
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row[to.length] ?? limit
}

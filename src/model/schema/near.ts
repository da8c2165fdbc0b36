/** `did you mean "drop"?` for the known word nearest to what was written, if one is near. */
export function didYouMean(written: string, known: Iterable<string>): { hint?: string } {
  const near = nearest(written, known)
  return near === undefined ? {} : { hint: `did you mean "${near}"?` }
}

/** The known word that takes the fewest edits, at most a third of its letters; letter case counts nothing. */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  if (written.length > 80) return undefined
  let best: string | undefined
  let fewest = Number.POSITIVE_INFINITY
  const lower = written.toLowerCase()
  for (const word of known) {
    const most = Math.min(Math.max(1, Math.ceil(word.length / 3)), fewest - 1)
    // Each letter more or less is an edit: there are thousands of names of cases, and most need not be looked at.
    if (Math.abs(word.length - written.length) > most) continue
    const edits = distance(lower, word.toLowerCase())
    if (edits <= most) {
      best = word
      fewest = edits
    }
  }
  return best
}

/** Edits that make `a` of `b`: a letter put in, left out, replaced, or two neighbours swapped. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(
        above[j]! + 1,
        row[j - 1]! + 1,
        above[j - 1]! + same,
        swapped ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = above
    above = row
  }
  return above[b.length]!
}

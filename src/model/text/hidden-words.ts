/** So many characters every word has at least. */
export const beginningLength = 4

/**
 * Words that must not be told, and what stands in their place. A text is read once, however many there are: a long run learns a user name
 * with every client.
 */
export class HiddenWords {
  private readonly instead = new Map<string, string>()
  /** How long the words are that begin alike, and how many are so long; by their first characters, as one number. */
  private readonly lengths = new Map<number, Map<number, number>>()

  get size(): number {
    return this.instead.size
  }

  words(): string[] {
    return [...this.instead.keys()]
  }

  has(word: string): boolean {
    return this.instead.has(word)
  }

  /** Throws a RangeError where the word is shorter than `beginningLength`. */
  add(word: string, instead: string): void {
    if (word.length < beginningLength) throw new RangeError('so short a word stands in too many')
    if (!this.instead.has(word)) this.count(word, 1)
    this.instead.set(word, instead)
  }

  delete(word: string): void {
    if (this.instead.delete(word)) this.count(word, -1)
  }

  clear(): void {
    this.instead.clear()
    this.lengths.clear()
  }

  /** The text without these words. Where two overlap, all that either covers is taken out. */
  takeOutOf(text: string): string {
    if (this.instead.size === 0) return text
    let clean = ''
    let told = 0
    let hidden: Hidden | undefined
    const last = text.length - beginningLength
    for (let at = 0; at <= last; at++) {
      const word = this.longestAt(text, at)
      if (word === undefined) continue
      if (hidden && at < hidden.end) {
        hidden.end = Math.max(hidden.end, at + word.length)
        continue
      }
      if (hidden) {
        clean += text.slice(told, hidden.from) + hidden.instead
        told = hidden.end
      }
      hidden = { from: at, end: at + word.length, instead: this.instead.get(word)! }
    }
    if (!hidden) return text
    return clean + text.slice(told, hidden.from) + hidden.instead + text.slice(hidden.end)
  }

  private count(word: string, one: 1 | -1): void {
    const key = beginningAt(word, 0)
    const lengths = this.lengths.get(key) ?? new Map<number, number>()
    const left = (lengths.get(word.length) ?? 0) + one
    if (left > 0) lengths.set(word.length, left)
    else lengths.delete(word.length)
    if (lengths.size > 0) this.lengths.set(key, lengths)
    else this.lengths.delete(key)
  }

  private longestAt(text: string, at: number): string | undefined {
    const lengths = this.lengths.get(beginningAt(text, at))
    if (!lengths) return undefined
    let longest: string | undefined
    for (const length of lengths.keys()) {
      if (length <= (longest?.length ?? 0)) continue
      const word = text.slice(at, at + length)
      if (this.instead.has(word)) longest = word
    }
    return longest
  }
}

/** A stretch of the text that is not told. */
type Hidden = { from: number; end: number; instead: string }

/** Different beginnings may give the same number; the words themselves are compared behind it. */
function beginningAt(text: string, at: number): number {
  const first = Math.imul(text.charCodeAt(at), 31) + text.charCodeAt(at + 1)
  const second = Math.imul(first, 31) + text.charCodeAt(at + 2)
  return (Math.imul(second, 31) + text.charCodeAt(at + 3)) | 0
}

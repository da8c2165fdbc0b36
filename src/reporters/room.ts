import { count } from './text/words.ts'

/**
 * Room that all cases of a report share for what stands behind their messages. The first cases take it; what has none left is told by a
 * line in its place.
 */
export type Room = { fit(text: string): string }

export function roomOf(charactersMax: number): Room {
  let left = charactersMax
  return {
    fit: text => {
      if (text.length <= left) {
        left -= text.length
        return text
      }
      return 'left out here, as this report would be too large; the JSON report has it'
    },
  }
}

/** The first of many, and a line that counts the others. */
export function firstOf<T>(items: readonly T[], max: number, what: string): [T[], string[]] {
  const more = items.length - max
  const told = more > 0 ? [`${count(more, `more ${what}`)} in the JSON report`] : []
  return [items.slice(0, max), told]
}

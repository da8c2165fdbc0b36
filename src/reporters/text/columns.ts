/** Terminal columns that `text` takes: wide characters count two, combining marks none. Expects no control characters. */
export function textWidth(text: string): number {
  if (narrow.test(text)) return text.length
  let columns = 0
  for (const char of text) columns += charWidth(char)
  return columns
}

/** `text` cut to `columns` with a mark where something is missing. */
export function fit(text: string, columns: number, mark = '…'): string {
  if (textWidth(text) <= columns) return text
  return takeColumns(text, Math.max(0, columns - mark.length)).trimEnd() + mark.slice(0, columns)
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)))
}

/** Breaks at spaces, and inside a word only where it is wider than a line. */
export function wrap(text: string, columns: number, linesMax = 100): string[] {
  const width = Math.max(8, columns)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap(word => chop(word, width))) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  if (lines.length <= linesMax) return lines
  return [
    ...lines.slice(0, linesMax - 1),
    fit(`${lines[linesMax - 1]} ${'.'.repeat(width)}`, width, '...'),
  ]
}

const narrow = /^[\x20-\x7e─│┊┄▶◀✗✓…·└]*$/
const noWidth = /\p{Mn}|\p{Me}|\p{Cf}/u
const wide =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u

function charWidth(char: string): number {
  if (noWidth.test(char)) return 0
  return wide.test(char) ? 2 : 1
}

function takeColumns(text: string, columns: number): string {
  let taken = ''
  let left = columns
  for (const char of text) {
    left -= charWidth(char)
    if (left < 0) break
    taken += char
  }
  return taken
}

function chop(word: string, columns: number): string[] {
  const parts: string[] = []
  let rest = word
  while (textWidth(rest) > columns) {
    const part = takeColumns(rest, columns)
    parts.push(part)
    rest = rest.slice(part.length)
  }
  return [...parts, rest]
}

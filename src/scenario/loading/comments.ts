/** The comment directly above a line, without its marks: the story of what follows. */
export function commentAbove(text: readonly string[], line: number): string {
  const lines: string[] = []
  for (let i = line - 2; i >= 0; i--) {
    const comment = commentOf(text[i] ?? '')
    if (comment === undefined) break
    lines.unshift(comment)
  }
  return told(lines)
}

/** The comment with which a file begins. */
export function openingComment(text: readonly string[]): string {
  const lines: string[] = []
  for (const line of text) {
    const comment = commentOf(line)
    if (comment === undefined) {
      if (line.trim() === '' && lines.length === 0) continue
      break
    }
    lines.push(comment)
  }
  return told(lines)
}

function commentOf(line: string): string | undefined {
  return /^\s*#\s?(.*?)\s*$/.exec(line)?.[1]
}

function told(lines: string[]): string {
  return lines
    .filter(line => !line.startsWith('yaml-language-server:'))
    .join('\n')
    .trim()
}

/** What a process wrote last has lines of its own; a reason is one sentence. */
export function inOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ')
}

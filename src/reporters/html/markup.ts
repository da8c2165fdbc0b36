import { escapeHtml } from '../text/escape-html.ts'

/** A piece of a page: nothing in it is text that somebody else wrote and that was not escaped. */
export class Markup {
  readonly text: string

  /** Only `html` and `raw` make one. */
  constructor(text: string) {
    this.text = text
  }
}

/** What may stand in a piece of a page: text, which is escaped, and pieces, which are. */
type Filling = string | number | Markup | readonly Markup[]

/**
 * HTML with holes: html`<b>${name}</b>`. Text in a hole is escaped, so that no page holds what a peer wrote as anything but text; a piece
 * goes in as it is, several pieces a line each. Source of the idea: lit-html.
 */
export function html(parts: TemplateStringsArray, ...fillings: Filling[]): Markup {
  const filled = fillings.map((filling, index) => shown(filling) + (parts[index + 1] ?? ''))
  return new Markup((parts[0] ?? '') + filled.join(''))
}

/** Text that is cut where it is longer. */
export function short(text: string, maxChars: number): Markup {
  return new Markup(escapeHtml(text, maxChars))
}

/** What we made ourselves and is no text: a script, a style. */
export function raw(text: string): Markup {
  return new Markup(text)
}

/** Pieces, a line each. */
export function lines(...pieces: (Markup | undefined)[]): Markup {
  const told = pieces.flatMap(piece => (piece && piece.text !== '' ? [piece.text] : []))
  return new Markup(told.join('\n'))
}

function shown(filling: Filling): string {
  if (typeof filling === 'string') return escapeHtml(filling)
  if (typeof filling === 'number') return String(filling)
  if (filling instanceof Markup) return filling.text
  return filling.map(({ text }) => text).join('\n')
}

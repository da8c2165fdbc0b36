import colours from 'picocolors'
import type { Outcome } from '../counting/counts.ts'
import type { Tone } from '../ladder/row.ts'
import type { ReporterOptions } from '../reporter.ts'

type Paint = Pick<
  ReturnType<typeof colours.createColors>,
  'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta'
>

/** What a page is written with: its width, its colours, its signs. */
export type Paper = {
  columns: number
  ascii: boolean
  paint: Paint
  dot: string
  more: string
}

export function paper({
  colour,
  columns,
  ascii,
}: Pick<ReporterOptions, 'colour' | 'columns' | 'ascii'>): Paper {
  return {
    columns: Math.max(40, columns),
    ascii,
    paint: colours.createColors(colour),
    dot: ascii ? ' - ' : ' · ',
    more: ascii ? '...' : '…',
  }
}

export function sign(outcome: Outcome, page: Paper): string {
  const { paint, ascii } = page
  switch (outcome) {
    case 'pass':
      return paint.green(ascii ? '+' : '✓')
    case 'warn':
      return paint.yellow('!')
    case 'fail':
      return paint.red(ascii ? 'x' : '✗')
    case 'unstable':
      return paint.magenta('~')
    case 'inconclusive':
      return paint.magenta('?')
    case 'error':
      return paint.red(ascii ? 'E' : '‼')
    case 'skipped':
      return paint.dim('-')
    case 'known':
      return paint.yellow(ascii ? 'k' : '⊘')
  }
}

export function inTone(tone: Tone, text: string, { paint }: Paper): string {
  switch (tone) {
    case 'plain':
      return text
    case 'dim':
      return paint.dim(text)
    case 'fault':
      return paint.yellow(text)
    case 'finding':
      return paint.bold(paint.red(text))
    case 'message':
      return paint.red(text)
  }
}

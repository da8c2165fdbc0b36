import { faultText } from '../faults/index.ts'
import type { Finding } from '../model/finding.ts'
import { describePacket } from '../model/text/describe.ts'
import { toHex } from '../model/text/hex.ts'
import type { TraceEvent } from '../model/trace.ts'
import type { Tone } from './ladder/row.ts'
import { inTone, paper } from './pretty/paper.ts'
import type { ReporterOptions } from './reporter.ts'
import { fit, padEnd } from './text/columns.ts'
import { visible } from './text/visible.ts'
import { count } from './text/words.ts'

/** What happens, a line at a time, while it happens: for somebody who sits before a device. */
export type Live = {
  /** A line with its newline, or nothing where the event is not worth one. */
  event(client: string, event: TraceEvent): string
  finding(client: string, finding: Finding): string
  remark(who: string, text: string): string
  /** What is played to the client from here on, or is over. */
  piece(client: string, text: string): string
}

const nameColumns = 16

/** `13:05:07.042  pico  -> PUBLISH id 7 …`: to the right is what the client sends, to the left what it gets. */
export function createLive(options: ReporterOptions, timeOfDay: () => Date): Live {
  const page = paper(options)
  const arrows = options.ascii ? { out: '<-', in: '->' } : { out: '◀─', in: '─▶' }
  const whole = (who: string, sign: string, text: string) => {
    const time = timeOfDay().toISOString().slice(11, 23)
    const name = padEnd(fit(visible(who, 60), nameColumns, page.more), nameColumns)
    return `${time}  ${name}  ${sign} ${visible(text, 1000)}`
  }
  const line = (who: string, sign: string, text: string, tone: Tone) =>
    `${inTone(tone, fit(whole(who, sign, text), page.columns, page.more), page)}\n`
  // What was found is worth more than one line of the terminal.
  const findingLine = (who: string, { level, statement, message }: Finding) => {
    const text = `${level} ${statement}: ${message}`
    const tone = level === 'MUST' ? 'finding' : 'fault'
    return `${inTone(tone, whole(who, options.ascii ? '!!' : '✗✗', text), page)}\n`
  }

  return {
    event(client, event) {
      switch (event.kind) {
        case 'packet': {
          const sign = event.from === 'target' ? arrows.in : arrows.out
          return line(client, sign, describePacket(event.packet), 'plain')
        }
        case 'bytes': {
          const sign = event.from === 'target' ? arrows.in : arrows.out
          const hex = toHex(event.bytes.subarray(0, 12)).replace(/..(?=.)/g, '$& ')
          const what = `${count(event.bytes.length, 'byte')}, ${event.why}: ${hex}`
          return line(client, sign, what, 'fault')
        }
        case 'open':
          return line(client, '  ', `connection ${event.connection} opens`, 'dim')
        case 'close': {
          const by = event.by === 'target' ? 'the client' : 'us'
          return line(client, '  ', `closed by ${by}, ${event.how.toUpperCase()}`, 'dim')
        }
        case 'fault':
          return line(client, options.ascii ? '**' : '◆ ', faultText(event.fault), 'fault')
        case 'wait':
          return line(client, '  ', `${event.ms} ms passed: ${event.rule}`, 'dim')
        case 'note':
          return line(client, '  ', event.text, 'fault')
        case 'restart':
        case 'command':
        case 'app':
        case 'step':
        case 'fence':
        case 'finding':
          return ''
      }
    },
    finding: findingLine,
    piece: (who, text) => line(who, options.ascii ? '##' : '◇ ', text, 'plain'),
    remark: (who, text) => line(who, '  ', text, 'dim'),
  }
}

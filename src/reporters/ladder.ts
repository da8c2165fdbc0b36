import type { Finding } from '../model/finding.ts'
import type { TraceEvent } from '../model/trace.ts'
import { elide, type Gap } from './ladder/elide.ts'
import { drawLanes, type Lanes, layLanes } from './ladder/lanes.ts'
import { type Legs, legsOf } from './ladder/legs.ts'
import type { Row, Tone } from './ladder/row.ts'
import { rowsOf } from './ladder/rows.ts'
import { type Signs, signs } from './ladder/signs.ts'
import { fit, padEnd, textWidth, wrap } from './text/columns.ts'
import { visible } from './text/visible.ts'
import { count } from './text/words.ts'

export type LadderOptions = {
  /** No line is wider. */
  columns: number
  ascii: boolean
  /** Name over the target's lifeline. */
  target: string
  /** The steps of the scenario between the packets. */
  steps?: boolean
  /** Lines at most; 60 unless told. */
  rowsMax?: number
}

export type LadderLine = { text: string; tone: Tone }

/**
 * The conversation as people draw it: a lifeline per actor and one for the target, a row per packet, time downwards.
 *
 * ```
 *     ms   pub          mosquitto
 *    1.2   │── PUBLISH ────▶│  id 7, QoS 2, "once"
 *    2.0   │✗─ PUBREC ──────│  lost: we act as if it had not come; id 7
 * ```
 */
export function drawLadder(
  trace: readonly TraceEvent[],
  findings: readonly Finding[],
  options: LadderOptions,
): LadderLine[] {
  const rows = rowsOf(trace, findings, { steps: options.steps ?? false })
  if (rows.length === 0) return []
  const sheet = makeSheet(rows, options, legsOf(trace))
  const lines = options.rowsMax ?? 60
  const shown = elide(rows, lines - 1, row => 1 + messages(row, sheet).length)
  return [header(sheet), ...drawAll(shown, sheet)]
}

/** What all rows of one ladder share. */
type Sheet = {
  lanes: Lanes | undefined
  signs: Signs
  columns: number
  target: string
  /** Lines that are the target, at a proxy: its applications. */
  clients: ReadonlySet<string>
  /** Columns for the text right of the lifelines. */
  textColumns: number
}

const timeColumns = 8
const messagesMax = 3
const messageLinesMax = 3

function makeSheet(
  rows: Row[],
  { columns, ascii, target }: LadderOptions,
  legs: Legs | undefined,
): Sheet {
  const room = Math.max(40, columns) - timeColumns - 4
  const lanes = layLanes(rows, room, legs?.order)
  return {
    lanes,
    signs: signs(ascii),
    columns: Math.max(40, columns),
    target: visible(target, 60),
    clients: new Set(legs ? [...legs.peers.values()].filter(name => !legs.brokers.has(name)) : []),
    textColumns: room - (lanes?.columns ?? 0),
  }
}

function header(sheet: Sheet): LadderLine {
  const { lanes } = sheet
  if (lanes === undefined) return { text: 'ms'.padStart(timeColumns), tone: 'dim' }
  const cells = [...'ms'.padStart(timeColumns)]
  for (const [index, actor] of lanes.actors.entries()) {
    const shown = actor === undefined ? sheet.target : nameOf(actor, sheet)
    const name = fit(visible(shown, 60), lanes.step - 1, sheet.signs.more)
    const middle = timeColumns + 2 + index * lanes.step
    const begun = index === 0 ? timeColumns + 1 : cells.length + 1
    const start = Math.max(begun, middle - Math.floor(textWidth(name) / 2))
    while (cells.length < start) cells.push(' ')
    cells.splice(start, cells.length - start, ...name)
  }
  return { text: fit(cells.join(''), sheet.columns, sheet.signs.more), tone: 'dim' }
}

/** Of several applications on one client each has its own name; a single one is the client. */
function nameOf(actor: string, { clients, target }: Sheet): string {
  if (!clients.has(actor)) return actor
  return clients.size === 1 ? target : `${actor} ${target}`
}

function drawAll(parts: (Row | Gap)[], sheet: Sheet): LadderLine[] {
  let targetDown = false
  return parts.flatMap(part => {
    const restart = lastRestart(part)
    if (restart !== undefined) targetDown = restart
    if ('kind' in part) return [gapLine(part, sheet)]
    return [rowLine(part, sheet, targetDown), ...messages(part, sheet)]
  })
}

function lastRestart(part: Row | Gap): boolean | undefined {
  const rows = 'kind' in part ? part.rows : [part]
  const shape = rows.findLast(row => row.shape.kind === 'restart')?.shape
  return shape?.kind === 'restart' ? shape.down : undefined
}

function rowLine(row: Row, sheet: Sheet, targetDown: boolean): LadderLine {
  const mark = row.findings.length > 0 ? ' <<<' : ''
  const text = fit(rowText(row, sheet), sheet.textColumns - mark.length, sheet.signs.more)
  const lanes = sheet.lanes && drawLanes(sheet.lanes, row, sheet.signs, targetDown)
  const line = `${time(row.at)}  ${lanes === undefined ? '' : `${lanes}  `}${text}${mark}`
  return { text: line.trimEnd(), tone: mark === '' ? row.tone : 'finding' }
}

/** What cannot stand on an arrow is said in words. */
function rowText(row: Row, { lanes, target }: Sheet): string {
  if (row.shape.kind !== 'arrow' || lanes?.labelled) return row.text
  const { actor, peer, toTarget, label } = row.shape
  if (lanes !== undefined) return `${label} ${row.text}`
  const name = visible(actor, 40)
  const other = peer === undefined ? target : visible(peer, 40)
  return `${toTarget ? `${name} > ${other}` : `${other} > ${name}`}: ${label} ${row.text}`
}

function messages(row: Row, sheet: Sheet): LadderLine[] {
  const indent = ' '.repeat(timeColumns + 2)
  const lines = row.findings.slice(0, messagesMax).flatMap(finding => {
    const text = visible(`${finding.level} ${finding.statement}: ${finding.message}`, 1000)
    return wrap(text, sheet.columns - indent.length - 2, messageLinesMax).map(
      (line, index) => `${indent}${index === 0 ? sheet.signs.under : ' '} ${line}`,
    )
  })
  const rest = row.findings.length - messagesMax
  if (rest > 0) lines.push(`${indent}  and ${count(rest, 'more finding')} here`)
  return lines.map(text => ({ text, tone: 'message' }))
}

function gapLine(gap: Gap, sheet: Sheet): LadderLine {
  const found = gap.rows.reduce((sum, row) => sum + row.findings.length, 0)
  const text = `${count(gap.rows.length, 'row')} left out${found > 0 ? `, ${count(found, 'finding')} among them` : ''}`
  const sign = padEnd(sheet.signs.gap.padStart(timeColumns), timeColumns + 2)
  return { text: `${sign}${text}`, tone: 'dim' }
}

function time(ms: number): string {
  const text = Math.abs(ms) < 10_000 ? ms.toFixed(1) : String(Math.round(ms))
  return text.padStart(timeColumns)
}

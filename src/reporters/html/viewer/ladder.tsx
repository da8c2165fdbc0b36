import { useMemo, useState } from 'preact/hooks'
import type { Finding } from '../../../model/finding.ts'
import { toHex } from '../../../model/text/hex.ts'
import type { TraceEvent } from '../../../model/trace.ts'
import { actorsOf } from '../../ladder/lanes.ts'
import { legsOf } from '../../ladder/legs.ts'
import type { Row, Shape } from '../../ladder/row.ts'
import { rowsOf } from '../../ladder/rows.ts'
import { visible } from '../../text/visible.ts'
import { namesOf } from './byte-names.ts'
import { copy } from './parts.tsx'

/** Sizes in pixels. */
const [rowHeight, timeWidth, laneWidth, headHeight] = [24, 76, 150, 34]
/** A silence of so long, in ms, is drawn. */
const silenceMs = 100
const rowsMax = 1500

type Props = { trace: readonly TraceEvent[]; findings: readonly Finding[]; target: string }

type Placed = { row: Row; y: number; silence: number; event: TraceEvent | undefined }

/** The conversation as a drawing: a lifeline each, a row a packet, time downwards, and silence where there was one. */
export function Ladder({ trace, findings, target }: Props) {
  const sheet = useMemo(() => sheetOf(trace, findings), [trace, findings])
  const [chosen, choose] = useState<number | undefined>()
  const { placed, actors, height, left, waited } = sheet
  const lanes = timeWidth + 30 + (actors.length - 1) * laneWidth
  const width = lanes + 640
  const at = placed.find(({ row }) => row.seq === chosen)
  const xOf = (actor: string | undefined) => {
    const index = actors.indexOf(actor)
    return timeWidth + 30 + Math.max(0, index) * laneWidth
  }
  return (
    <figure class="ladder">
      <div class="scroll">
        <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img">
          <title>The packets between {target} and ours</title>
          {actors.map(actor => (
            <g key={actor ?? ''}>
              <line class="life" x1={xOf(actor)} x2={xOf(actor)} y1={headHeight} y2={height} />
              <text class="name" x={xOf(actor)} y={20} text-anchor="middle">
                {visible(actor ?? target, 22)}
              </text>
            </g>
          ))}
          {waited && <Silence y={waited.y} ms={waited.ms} />}
          {placed.map(one => (
            <RowDrawing
              key={one.row.seq}
              one={one}
              xOf={xOf}
              textX={lanes + 22}
              isChosen={chosen === one.row.seq}
              choose={choose}
            />
          ))}
        </svg>
      </div>
      {left > 0 && <figcaption>{left} more rows are not drawn.</figcaption>}
      <Bytes event={at?.event} trace={trace} />
    </figure>
  )
}

function sheetOf(trace: readonly TraceEvent[], findings: readonly Finding[]) {
  const rows = rowsOf(trace, findings, { steps: true })
  const bySeq = new Map(trace.map(event => [event.seq, event]))
  const [first, ...others] = actorsOf(rows)
  const actors = legsOf(trace)?.order ?? [first ?? 'harness', undefined, ...others]
  const placed: Placed[] = []
  let y = headHeight + 14
  let before: number | undefined
  for (const row of rows.slice(0, rowsMax)) {
    const passed = before === undefined ? 0 : row.at - before
    const silence = passed >= silenceMs && row.shape.kind !== 'remark' ? passed : 0
    // Ten times as long is not ten times as tall: seconds beside milliseconds have to fit a page.
    if (silence > 0) y += 14 + 12 * Math.log10(silence / silenceMs)
    placed.push({ row, y, silence, event: bySeq.get(row.seq) })
    y += rowHeight + Math.min(3, row.findings.length) * 18
    if (row.shape.kind !== 'remark') before = row.at
  }
  // What was waited for in vain has no row of its own: the time of the finding says for how long.
  const told = Math.max(0, ...findings.map(({ atMs }) => atMs))
  const last = before === undefined ? 0 : told - before
  const waited =
    last >= silenceMs && rows.length === placed.length ? { y: y + 4, ms: last } : undefined
  const height = y + (waited ? 28 : 6)
  return { placed, actors, waited, height, left: rows.length - placed.length }
}

type RowProps = {
  one: Placed
  xOf(actor: string | undefined): number
  textX: number
  isChosen: boolean
  choose(seq: number): void
}

function RowDrawing({ one, xOf, textX, isChosen, choose }: RowProps) {
  const { row, y, silence, event } = one
  const bytes = event && 'bytes' in event ? event.bytes : undefined
  const hex = bytes && toHex(bytes)
  const tone = row.findings.length > 0 ? 'finding' : row.tone
  const act = (from: { currentTarget: EventTarget | null }) => {
    choose(row.seq)
    if (hex !== undefined) copy(hex, from)
  }
  return (
    <g
      class={`row ${tone}${isChosen ? ' chosen' : ''}${hex === undefined ? '' : ' has-bytes'}`}
      {...(hex === undefined
        ? {}
        : {
            tabIndex: 0,
            role: 'button',
            onClick: act,
            onMouseEnter: () => choose(row.seq),
            onKeyDown: event => {
              if (event.key === 'Enter') act(event)
            },
          })}
    >
      {hex !== undefined && <title>{`${hexText(hex, 64)}\nclick copies`}</title>}
      {silence > 0 && <Silence y={y - 18} ms={silence} />}
      <rect class="back" x={0} y={y - 15} width={textX + 640} height={rowHeight - 2} />
      <text class="time" x={timeWidth - 6} y={y} text-anchor="end">
        {row.shape.kind === 'remark' ? '' : row.at.toFixed(1)}
      </text>
      <ShapeDrawing shape={row.shape} y={y} xOf={xOf} />
      <text x={row.shape.kind === 'remark' ? timeWidth + 40 : textX} y={y}>
        {row.text.slice(0, 110)}
        {row.text.length > 110 && '…'}
      </text>
      {row.findings.slice(0, 3).map((finding, at) => (
        <text key={finding.statement} class="said" x={timeWidth + 40} y={y + 18 * (at + 1)}>
          ▲ {finding.level} {finding.statement}: {visible(finding.message, 130)}
        </text>
      ))}
    </g>
  )
}

function Silence({ y, ms }: { y: number; ms: number }) {
  const text = ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
  return (
    <text class="silence" x={timeWidth + 40} y={y}>
      ⋮ {text} of silence
    </text>
  )
}

function ShapeDrawing({ shape, y, xOf }: { shape: Shape; y: number; xOf: RowProps['xOf'] }) {
  const middle = y - 4
  switch (shape.kind) {
    case 'arrow': {
      const [a, b] = [xOf(shape.actor), xOf(shape.peer)]
      const [from, to] = shape.toTarget ? [a, b] : [b, a]
      const way = to > from ? 1 : -1
      const end = shape.lost ? (from + to) / 2 + way * 44 : to
      return (
        <>
          <path class={`arrow ${shape.line}`} d={`M ${from} ${middle} H ${end - way * 5}`} />
          {shape.lost ? (
            <text class="lost" x={end} y={y + 1} text-anchor="middle">
              ✗
            </text>
          ) : (
            <path class="head" d={`M ${end} ${middle} l ${-way * 9} -5 v 10 z`} />
          )}
          <rect
            class="behind"
            x={(from + to) / 2 - shape.label.length * 4 - 4}
            y={middle - 8}
            width={shape.label.length * 8 + 8}
            height={16}
          />
          <text class="label" x={(from + to) / 2} y={y} text-anchor="middle">
            {shape.label}
          </text>
        </>
      )
    }
    case 'point': {
      const actors = shape.actors.length === 0 ? [undefined] : shape.actors
      const sign = { fault: '✗', fence: '┼', wait: '…', app: '◆' }[shape.sign]
      return (
        <>
          {actors.map(actor => (
            <text class="sign" key={actor ?? ''} x={xOf(actor)} y={y} text-anchor="middle">
              {sign}
            </text>
          ))}
        </>
      )
    }
    case 'restart':
      return (
        <text class="sign" x={xOf(undefined)} y={y} text-anchor="middle">
          {shape.down ? '▼' : '▲'}
        </text>
      )
    case 'remark':
      return null
  }
}

const bytesShown = 512

/** The bytes of the row under the pointer, each with its name. */
function Bytes({ event, trace }: { event: TraceEvent | undefined; trace: readonly TraceEvent[] }) {
  if (!event || !('bytes' in event)) {
    return <p class="bytes quiet">Point at a packet to see its bytes; a click copies them.</p>
  }
  const opened = trace.find(one => one.kind === 'open' && one.connection === event.connection)
  const isFive = opened?.kind === 'open' && opened.version === '5.0'
  const shown = event.bytes.subarray(0, bytesShown)
  const parts =
    event.kind === 'packet'
      ? namesOf({ ...event, bytes: shown }, isFive)
      : [{ name: event.why, bytes: shown }]
  return (
    <div class="bytes" aria-live="polite">
      {parts.map((part, at) => (
        <span class="part" key={at} title={part.name}>
          <b>{hexText(toHex(part.bytes), 48)}</b>
          <small>{visible(part.name, 40)}</small>
        </span>
      ))}
      {event.bytes.length > bytesShown && <span>… {event.bytes.length} bytes in all</span>}
    </div>
  )
}

function hexText(hex: string, bytesMax: number): string {
  const shown = hex.slice(0, bytesMax * 2).replace(/..(?=.)/g, '$& ')
  return hex.length > bytesMax * 2 ? `${shown} …` : shown
}

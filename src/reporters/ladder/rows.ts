import { anyFault, faultText } from '../../faults/index.ts'
import type { AppCommand, AppEvent } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import { describePacket, describePayload } from '../../model/text/describe.ts'
import { toHex } from '../../model/text/hex.ts'
import type { EventOf, TraceEvent } from '../../model/trace.ts'
import { visible } from '../text/visible.ts'
import { count } from '../text/words.ts'
import { type Legs, legsOf } from './legs.ts'
import type { Row, Shape } from './row.ts'

/** The longest text a row may carry; drawing cuts it to its width. */
const textCharsMax = 400

/**
 * What a reader wants to see of a trace, one row each. A fault and the packet it struck become one row, as do the opening of a
 * connection and its CONNECT. A finding sits at the row of its event or, where that is not drawn, at the last one before.
 */
export function rowsOf(
  trace: readonly TraceEvent[],
  findings: readonly Finding[],
  wish: { steps: boolean },
): Row[] {
  const merged = mergeFaults(trace)
  const legs = legsOf(trace)
  const connected = new Set<string>(legs?.brokers)
  const rows: Row[] = []
  for (const [index, event] of trace.entries()) {
    track(connected, event, legs)
    if (merged.hidden.has(event.seq) || isOpeningOfConnect(trace, index)) continue
    const plain = draw(event, merged.texts.get(event.seq), wish.steps)
    if (plain === undefined) continue
    const drawn = legs ? throughProxy(plain, event, legs) : plain
    const { seq, at } = event
    rows.push({ seq, at, findings: [], connected: new Set(connected), ...drawn })
  }
  for (const finding of findings) place(rows, finding)
  return rows
}

type Drawn = Pick<Row, 'shape' | 'text' | 'tone'>

/** At a proxy an arrow leads to whom the connection leads to; what an application says is a point on its own line. */
function throughProxy(drawn: Drawn, event: TraceEvent, { peers }: Legs): Drawn {
  const { shape, text } = drawn
  if (shape.kind !== 'arrow') return drawn
  if ('connection' in event && event.connection !== undefined) {
    const peer = peers.get(event.connection)
    return peer === undefined ? drawn : { ...drawn, shape: { ...shape, peer } }
  }
  const point = { kind: 'point' as const, actors: [shape.actor], sign: 'app' as const }
  return {
    ...drawn,
    shape: point,
    text: text.replace(/^app (asks|hears)/, `app $1 ${shape.label}`),
  }
}

/** The rows of each kind of event; `fault` is the text of the fault that struck it. */
function draw(event: TraceEvent, fault: string | undefined, steps: boolean): Drawn | undefined {
  switch (event.kind) {
    case 'packet':
      return drawPacket(event, fault)
    case 'bytes':
      return drawBytes(event, fault)
    case 'open':
      return drawOpen(event)
    case 'close':
      return drawClose(event, fault)
    case 'fault':
      return {
        shape: { kind: 'point', actors: [event.actor], sign: 'fault' },
        text: faultText(event.fault),
        tone: 'fault',
      }
    case 'restart':
      return {
        shape: { kind: 'restart', down: event.phase === 'down' },
        text: event.phase === 'down' ? `stopped by ${event.how.toUpperCase()}` : 'serves again',
        tone: 'fault',
      }
    case 'command':
      return drawCommand(event.actor, event.command)
    case 'app':
      return drawApp(event.actor, event.event)
    case 'fence':
      return {
        shape: { kind: 'point', actors: event.actors, sign: 'fence' },
        text: `fence by ${event.how}: nothing more is owed`,
        tone: 'dim',
      }
    case 'wait':
      return {
        shape: { kind: 'point', actors: [], sign: 'wait' },
        text: visible(`${event.ms} ms pass: ${event.rule}`, textCharsMax),
        tone: 'dim',
      }
    case 'step':
      return steps ? remark(`${event.place.line}: ${event.text}`) : undefined
    case 'note':
      return remark(event.text)
    case 'finding':
      return undefined
  }
}

function drawPacket(event: EventOf<'packet'>, fault: string | undefined): Drawn {
  const { type } = event.packet
  const said = visible(describePacket(event.packet), textCharsMax)
  const rest = said.startsWith(type) ? said.slice(type.length).trimStart() : said
  const lost = event.from !== 'harness' && fault !== undefined
  return {
    shape: arrow(event.actor, event.from === 'harness', type, { lost }),
    text: fault === undefined ? rest : [fault, rest].filter(text => text !== '').join('; '),
    tone: fault === undefined ? 'plain' : 'fault',
  }
}

function drawBytes(event: EventOf<'bytes'>, fault: string | undefined): Drawn {
  const shown = toHex(event.bytes.subarray(0, 12)).replace(/..(?=.)/g, '$& ')
  const hex = event.bytes.length > 12 ? `${shown} …` : shown
  const why = { partial: 'part of a packet', raw: 'as they are', garbage: 'no MQTT packet' }
  return {
    shape: arrow(event.actor, event.from === 'harness', count(event.bytes.length, 'byte'), {
      line: 'wavy',
    }),
    text: `${fault ?? why[event.why]}: ${hex}`,
    tone: event.from === 'harness' ? 'fault' : 'plain',
  }
}

function drawOpen(event: EventOf<'open'>): Drawn {
  return {
    shape: arrow(event.actor, event.by === 'harness', 'open', { line: 'dotted' }),
    text: `connection ${event.connection} opens`,
    tone: 'dim',
  }
}

function drawClose(event: EventOf<'close'>, fault: string | undefined): Drawn {
  const others = { target: 'the target', upstream: 'the broker behind' }
  const who = event.by === 'harness' ? visible(event.actor, 40) : others[event.by]
  return {
    shape: arrow(event.actor, event.by === 'harness', event.how.toUpperCase(), {
      line: fault === undefined ? 'dotted' : 'wavy',
    }),
    text: fault ?? `${who} closes connection ${event.connection}`,
    tone: fault === undefined ? 'dim' : 'fault',
  }
}

function drawCommand(actor: string, command: AppCommand): Drawn {
  const details = [
    command.topic ?? command.filter ?? '',
    command.qos === undefined ? '' : `QoS ${command.qos}`,
    command.payload === undefined ? '' : describePayload(command.payload),
    command.ok ? '' : `refused by the adapter: ${command.error ?? 'no reason given'}`,
  ]
  return {
    shape: arrow(actor, true, command.do, { line: 'dotted' }),
    text: joined(['app asks', ...details]),
    tone: 'plain',
  }
}

function drawApp(actor: string, event: AppEvent): Drawn {
  return {
    shape: arrow(actor, false, event.event, { line: 'dotted' }),
    text: joined(['app hears', ...appDetails(event)]),
    tone: event.event === 'log' ? 'dim' : 'plain',
  }
}

function appDetails(event: AppEvent): string[] {
  switch (event.event) {
    case 'ready':
      return []
    case 'connected':
      return [event.sessionPresent ? 'session present' : '', codeText(event.code)]
    case 'delivered':
      return [
        event.topic,
        event.qos === undefined ? '' : `QoS ${event.qos}`,
        event.dup ? 'DUP' : '',
        describePayload(event.payload),
      ]
    case 'published':
      return [event.tag, event.id === undefined ? '' : `id ${event.id}`, outcome(event)]
    case 'subscribed':
    case 'unsubscribed':
      return [event.tag, event.codes ? `codes ${event.codes.join(', ')}` : '', outcome(event)]
    case 'disconnected':
    case 'connect-failed':
      return [outcome(event)]
    case 'log':
      return [event.text]
  }
}

function outcome(event: { code?: number; error?: string }): string {
  return event.error === undefined ? codeText(event.code) : `error: ${event.error}`
}

function codeText(code: number | undefined): string {
  return code === undefined ? '' : `code 0x${code.toString(16).padStart(2, '0')}`
}

function joined(words: string[]): string {
  return visible(words.filter(word => word !== '').join(' '), textCharsMax)
}

function remark(text: string): Drawn {
  return { shape: { kind: 'remark' }, text: visible(text, textCharsMax), tone: 'dim' }
}

type ArrowShape = Extract<Shape, { kind: 'arrow' }>

function arrow(
  actor: string,
  toTarget: boolean,
  label: string,
  more: Partial<Pick<ArrowShape, 'line' | 'lost'>>,
): Shape {
  return { kind: 'arrow', actor, toTarget, label, line: 'solid', lost: false, ...more }
}

/** Which faults are told at the event they struck: `texts` by the seq of that event, `hidden` the faults themselves. */
function mergeFaults(trace: readonly TraceEvent[]): {
  texts: Map<number, string>
  hidden: Set<number>
} {
  const texts = new Map<number, string>()
  const hidden = new Set<number>()
  const bySeq = new Map(trace.map(event => [event.seq, event]))
  const closes = nextCloses(trace)
  for (const [index, event] of trace.entries()) {
    if (event.kind !== 'fault') continue
    const struck = struckBy(event, index, trace, bySeq, closes)
    if (struck === undefined) continue
    if (struck.kind !== 'restart') texts.set(struck.seq, faultText(event.fault))
    hidden.add(event.seq)
  }
  return { texts, hidden }
}

function struckBy(
  event: EventOf<'fault'>,
  index: number,
  trace: readonly TraceEvent[],
  bySeq: ReadonlyMap<number, TraceEvent>,
  closes: ReadonlyMap<number, TraceEvent>,
): TraceEvent | undefined {
  switch (anyFault[event.fault.kind].toldAt) {
    case 'the packet': {
      const packet = 'seq' in event.fault ? bySeq.get(event.fault.seq) : undefined
      return packet?.kind === 'packet' ? packet : undefined
    }
    case 'the close':
      return closes.get(event.seq)
    case 'the bytes beside it':
      return [trace[index - 1], trace[index + 1]].find(
        near => near?.kind === 'bytes' && near.actor === event.actor,
      )
    case 'the restart':
      return trace.find(later => later.kind === 'restart' && later.seq > event.seq)
    case 'itself':
      return undefined
  }
}

/** For each cut, the close by our side that carries it out: the next one of the same actor. */
function nextCloses(trace: readonly TraceEvent[]): Map<number, TraceEvent> {
  const found = new Map<number, TraceEvent>()
  const waiting = new Map<string, number>()
  for (const event of trace) {
    if (event.kind === 'fault' && anyFault[event.fault.kind].toldAt === 'the close') {
      waiting.set(event.actor, event.seq)
    }
    if (event.kind !== 'close' || event.by !== 'harness') continue
    const cut = waiting.get(event.actor)
    if (cut === undefined) continue
    found.set(cut, event)
    waiting.delete(event.actor)
  }
  return found
}

function isOpeningOfConnect(trace: readonly TraceEvent[], index: number): boolean {
  const event = trace[index]!
  const next = event.kind === 'open' && event.leg ? nextOn(event, trace, index) : trace[index + 1]
  return (
    event.kind === 'open' &&
    next?.kind === 'packet' &&
    next.connection === event.connection &&
    next.packet.type === 'CONNECT'
  )
}

/** The two connections of a proxy open together, before CONNECT comes on the one and goes on the other. */
function nextOn(
  { connection }: EventOf<'open'>,
  trace: readonly TraceEvent[],
  index: number,
): TraceEvent | undefined {
  return trace
    .slice(index + 1, index + 10)
    .find(later => 'connection' in later && later.connection === connection)
}

function track(connected: Set<string>, event: TraceEvent, legs: Legs | undefined): void {
  if (event.kind !== 'open' && event.kind !== 'close') return
  const peer = legs?.peers.get(event.connection)
  // The line of a proxy is whole as long as its client is there.
  const names = peer === undefined || legs?.brokers.has(peer) ? [] : [peer, event.actor]
  for (const name of legs ? names : [event.actor]) {
    if (event.kind === 'open') connected.add(name)
    else connected.delete(name)
  }
}

function place(rows: Row[], finding: Finding): void {
  const row = rows.findLast(row => row.seq <= finding.seq && row.shape.kind !== 'remark') ?? rows[0]
  row?.findings.push(finding)
}

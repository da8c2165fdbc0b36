import { describePayload } from '../../../model/text/describe.ts'
import type { TraceEvent } from '../../../model/trace.ts'
import { visible } from '../../text/visible.ts'

/** One message of QoS 1 or 2 on its way in one direction, as the execution table of the standard has it. */
type Message = {
  key: string
  actor: string
  from: string
  id: number
  qos: number
  topic: string
  payload: string
  /** PUBLISH, and PUBREL of QoS 2, by how often each came. */
  sent: { PUBLISH: number; PUBREL: number }
  acknowledged: { PUBACK: number; PUBREC: number; PUBCOMP: number }
  state: string
}

const messagesMax = 60

/** What became of each message: how often it was sent, how it was acknowledged, and the state its sender is in at the end. */
export function Messages({ trace }: { trace: readonly TraceEvent[] }) {
  const messages = messagesOf(trace)
  if (messages.length === 0) return null
  return (
    <>
      <h2>Messages</h2>
      <div class="wide">
        <table class="messages">
          <thead>
            <tr>
              <th>message</th>
              <th>id</th>
              <th>QoS</th>
              <th>PUBLISH</th>
              <th>acknowledged</th>
              <th>PUBREL</th>
              <th>sender is</th>
            </tr>
          </thead>
          <tbody>
            {messages.slice(0, messagesMax).map(one => (
              <tr key={one.key}>
                <td>
                  {visible(
                    `${one.from === 'harness' ? `${one.actor} →` : `→ ${one.actor}`} ${one.topic} ${one.payload}`,
                    120,
                  )}
                </td>
                <td>{one.id}</td>
                <td>{one.qos}</td>
                <td>{times(one.sent.PUBLISH)}</td>
                <td>
                  {Object.entries(one.acknowledged)
                    .filter(([, number]) => number > 0)
                    .map(([type, number]) => `${type}${number > 1 ? ` × ${number}` : ''}`)
                    .join(', ') || '–'}
                </td>
                <td>{one.qos === 2 ? times(one.sent.PUBREL) : ''}</td>
                <td>{one.state}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

function times(number: number): string {
  if (number === 0) return '–'
  return number === 1 ? 'once' : `${number} times, ${number - 1} again`
}

function messagesOf(trace: readonly TraceEvent[]): Message[] {
  const open = new Map<string, Message>()
  const all: Message[] = []
  for (const event of trace) {
    if (event.kind !== 'packet' || !('id' in event.packet) || event.packet.id === undefined)
      continue
    const { packet, actor, from, seq } = event
    const sender = from === 'harness' ? 'target' : 'harness'
    const own = `${actor} ${from} ${packet.id}`
    const others = `${actor} ${sender} ${packet.id}`
    switch (packet.type) {
      case 'PUBLISH': {
        const known = packet.dup ? open.get(own) : undefined
        const message = known ?? {
          key: String(seq),
          actor,
          from,
          id: packet.id ?? 0,
          qos: packet.qos,
          topic: packet.topic,
          payload: describePayload(packet.payload),
          sent: { PUBLISH: 0, PUBREL: 0 },
          acknowledged: { PUBACK: 0, PUBREC: 0, PUBCOMP: 0 },
          state: '',
        }
        if (!known) all.push(message)
        message.sent.PUBLISH += 1
        message.state = packet.qos === 1 ? 'waiting for PUBACK' : 'waiting for PUBREC'
        open.set(own, message)
        break
      }
      case 'PUBREL': {
        const message = open.get(own)
        if (!message) break
        message.sent.PUBREL += 1
        message.state = 'waiting for PUBCOMP'
        break
      }
      case 'PUBACK':
      case 'PUBREC':
      case 'PUBCOMP': {
        const message = open.get(others)
        if (!message) break
        message.acknowledged[packet.type] += 1
        const isOver = packet.type !== 'PUBREC' || packet.code >= 0x80
        if (isOver) message.state = packet.code >= 0x80 ? 'refused' : 'done'
        else if (message.state === 'waiting for PUBREC') message.state = 'due to send PUBREL'
        break
      }
    }
  }
  return all
}

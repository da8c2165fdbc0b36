import type { Duplex } from 'node:stream'
import mqtt, { type IPublishPacket, type Packet } from 'mqtt-packet'
import { Listener } from '../transport/listen.ts'
import { reset } from '../transport/reset.ts'
import type { BrokerRecord } from './exactly-once.ts'

/** What the broker does with one packet instead of answering it. */
export type Hook = (packet: Packet) => 'answer' | 'ignore' | 'cut'

/** A message on its way to the device. Once released, only PUBREL may be sent. */
type Outgoing = {
  id: number
  topic: string
  payload: Buffer
  qos: 1 | 2
  sent: boolean
  released: boolean
}

/** All that the broker keeps for its one client. */
type Session = {
  /** Payloads by id of QoS 2 messages whose PUBREL has not come. */
  held: Map<number, string>
  outgoing: Outgoing[]
  lastId: number
}

/**
 * A small broker for one client and QoS 0–2 over real TCP, which delivers at PUBLISH (method B). It writes down what came, and what a
 * client must never do.
 */
export class DeviceBroker {
  private listener: Listener | undefined
  private readonly sockets = new Set<Duplex>()
  private readonly waiters = new Set<() => void>()
  private current: Duplex | undefined
  private session: Session | undefined
  /** Payloads of PUBLISH packets taken for new messages, in order. */
  received: string[] = []
  /** One line per packet: `> PUBLISH 7 dup m1` came in, `< PUBREC 7` went out. */
  log: string[] = []
  breaches: string[] = []
  hook: Hook = () => 'answer'
  /** Whether every message has a payload of its own. */
  tellsApart = true

  get port(): number {
    return this.listener?.port ?? 0
  }

  async start(port = 0): Promise<this> {
    const serve = (stream: Duplex) => this.serve(stream)
    const listener: Listener = await Listener.open({
      host: '127.0.0.1',
      port,
      changed() {
        for (const stream of listener.waiting.splice(0)) serve(stream)
      },
    })
    this.listener = listener
    return this
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await this.listener?.close()
  }

  /** Forgets everything, or all but a session as it was and what came before. */
  reset(
    session?: Session,
    before: { received: string[]; log: string[] } = { received: [], log: [] },
  ): void {
    this.current?.destroy()
    this.current = undefined
    this.session = session && copyOf(session)
    this.received = [...before.received]
    this.log = [...before.log]
    this.breaches = []
    this.hook = () => 'answer'
  }

  record(): BrokerRecord {
    const { received, log, breaches, session } = this
    const held = [...(session?.held.values() ?? [])]
    const outgoing = session?.outgoing.map(each => each.payload.toString()) ?? []
    return { received, log, breaches, open: [...held, ...outgoing] }
  }

  /** Whether the exchange of a message to the device is still open. */
  owes(payload: string): boolean {
    return this.session?.outgoing.some(each => each.payload.toString() === payload) ?? false
  }

  /** Called after each packet and each end of a connection. */
  onChange(listener: () => void): () => void {
    this.waiters.add(listener)
    return () => this.waiters.delete(listener)
  }

  saved(): Session | undefined {
    return this.session && copyOf(this.session)
  }

  /** Queues a message for the device; it goes out now or at the next connection. */
  send(topic: string, payload: string | Buffer, qos: 1 | 2 = 2): void {
    const session = this.session
    if (!session) throw new Error('the device has no session yet')
    session.lastId = (session.lastId % 65_535) + 1
    const message: Outgoing = {
      id: session.lastId,
      topic,
      payload: Buffer.from(payload),
      qos,
      sent: false,
      released: false,
    }
    session.outgoing.push(message)
    this.transmit(message)
  }

  /** Ends the connection as a broker that dies would. */
  drop(): void {
    if (this.current) reset(this.current)
  }

  /** Resolves when every connection is over and all that came on it was read. */
  quiet(): Promise<void> {
    if (this.sockets.size === 0) return Promise.resolve()
    return new Promise(resolve => {
      const off = this.onChange(() => {
        if (this.sockets.size > 0) return
        off()
        resolve()
      })
    })
  }

  /** Sends raw bytes on the present connection. */
  raw(bytes: Uint8Array): void {
    this.current?.write(bytes)
  }

  /** No exchange is open in either direction. */
  get settled(): boolean {
    return this.session?.held.size === 0 && this.session.outgoing.length === 0
  }

  private serve(socket: Duplex): void {
    const parser = mqtt.parser({ protocolVersion: 4 })
    this.sockets.add(socket)
    socket.on('data', bytes => parser.parse(bytes))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.sockets.delete(socket)
      if (this.current === socket) this.current = undefined
      this.tell()
    })
    parser.on('packet', packet => {
      if (packet.cmd === 'connect') this.takeOver(socket)
      if (this.current === socket) this.receive(socket, packet)
      this.tell()
    })
    parser.on('error', error => this.breaches.push(`malformed: ${error.message}`))
    socket.resume()
  }

  /** A second connection of the client ends the first. */
  private takeOver(socket: Duplex): void {
    if (this.current !== socket) this.current?.destroy()
    this.current = socket
  }

  private receive(socket: Duplex, packet: Packet): void {
    this.log.push(`> ${describe(packet)}`)
    const todo = this.hook(packet)
    if (todo === 'cut') reset(socket)
    if (todo === 'answer') this.answer(socket, packet)
  }

  private answer(socket: Duplex, packet: Packet): void {
    switch (packet.cmd) {
      case 'connect':
        this.accept(socket, packet.clean === true)
        return
      case 'subscribe':
        this.write({
          cmd: 'suback',
          messageId: packet.messageId ?? 0,
          granted: packet.subscriptions.map(each => each.qos),
        })
        return
      case 'unsubscribe':
        this.write({ cmd: 'unsuback', messageId: packet.messageId ?? 0, granted: [] })
        return
      case 'publish':
        this.take(packet)
        return
      case 'pubrel':
        this.session?.held.delete(packet.messageId ?? 0)
        this.write({ cmd: 'pubcomp', messageId: packet.messageId ?? 0 })
        return
      case 'puback':
        this.complete(packet.messageId ?? 0, 1)
        return
      case 'pubrec':
        this.release(packet.messageId ?? 0)
        return
      case 'pubcomp':
        this.complete(packet.messageId ?? 0, 2)
        return
      case 'pingreq':
        this.write({ cmd: 'pingresp' })
        return
      default:
        return
    }
  }

  private accept(socket: Duplex, clean: boolean): void {
    const sessionPresent = this.session !== undefined && !clean
    if (!sessionPresent) this.session = { held: new Map(), outgoing: [], lastId: 0 }
    socket.write(mqtt.generate({ cmd: 'connack', returnCode: 0, sessionPresent }))
    this.log.push(`< connack${sessionPresent ? ' present' : ''}`)
    for (const message of this.session?.outgoing ?? []) this.transmit(message)
  }

  private take(packet: IPublishPacket): void {
    const payload = packet.payload.toString()
    const id = packet.messageId ?? 0
    const held = this.session?.held
    if (this.tellsApart && this.received.includes(payload) && !packet.dup)
      this.breaches.push(`${payload} was sent again without DUP`)
    if (packet.qos === 2 && held) {
      const known = held.get(id)
      if (known !== undefined && known !== payload)
        this.breaches.push(`id ${id} is used for ${payload} while it stands for ${known}`)
      if (known === undefined) this.received.push(payload)
      held.set(id, known ?? payload)
      this.write({ cmd: 'pubrec', messageId: id })
      return
    }
    this.received.push(payload)
    if (packet.qos === 1) this.write({ cmd: 'puback', messageId: id })
  }

  private release(id: number): void {
    const message = this.session?.outgoing.find(each => each.id === id)
    if (message) message.released = true
    this.write({ cmd: 'pubrel', messageId: id })
  }

  private complete(id: number, qos: number): void {
    if (!this.session) return
    this.session.outgoing = this.session.outgoing.filter(
      each => each.id !== id || each.qos !== qos || (qos === 2 && !each.released),
    )
  }

  private transmit(message: Outgoing): void {
    if (!this.current) return
    if (message.released) {
      this.write({ cmd: 'pubrel', messageId: message.id })
      return
    }
    const dup = message.sent
    message.sent = true
    const { topic, payload, qos } = message
    this.write({ cmd: 'publish', messageId: message.id, topic, payload, qos, dup, retain: false })
  }

  private write(packet: Packet): void {
    if (!this.current || this.current.destroyed) return
    this.log.push(`< ${describe(packet)}`)
    this.current.write(mqtt.generate(packet))
  }

  private tell(): void {
    for (const waiter of [...this.waiters]) waiter()
  }
}

function describe(packet: Packet): string {
  const id = packet.messageId === undefined ? '' : ` ${packet.messageId}`
  if (packet.cmd !== 'publish') return packet.cmd + id
  const payload = packet.payload.length > 40 ? `${packet.payload.length} bytes` : packet.payload
  return `publish${id}${packet.dup ? ' dup' : ''} ${payload}`
}

function copyOf({ held, outgoing, lastId }: Session): Session {
  return { held: new Map(held), outgoing: outgoing.map(each => ({ ...each })), lastId }
}

/** Bounds on the packets of many connections that have begun to come and are not whole. */
export type UnfinishedBounds = {
  /** Of all connections, and of those of one address. */
  bytesMax: number
  addressBytesMax: number
}

type Part = { address: string; bytes: number; end(why: string): void }

/**
 * Counts what unfinished packets hold, over all connections. One of them may be as long as the longest packet that is taken; many of them
 * together may not. Where they hold too much, the connection has to go whose packet began first: who sends a packet in one go is through
 * with it before those that only hold the place.
 */
export class Unfinished<Connection> {
  /** In the order in which their packets began. */
  private readonly parts = new Map<Connection, Part>()
  private readonly byAddress = new Map<string, number>()
  private bytes = 0
  private readonly bounds: UnfinishedBounds

  constructor(bounds: UnfinishedBounds) {
    this.bounds = bounds
  }

  /**
   * So many bytes of that connection wait for the rest of their packet.
   *
   * @param part.end Called where it is this connection that has to go.
   * @param isNew The packet is another one than the last time.
   */
  note(connection: Connection, part: Part, isNew: boolean): void {
    if (isNew || part.bytes === 0) this.forget(connection)
    if (part.bytes === 0) return
    const known = this.parts.get(connection)
    this.count(part.address, part.bytes - (known?.bytes ?? 0))
    this.parts.set(connection, part)
    for (let over = this.tooMuch(part.address); over; over = this.tooMuch(part.address)) {
      this.forget(over.connection)
      over.part.end(over.why)
    }
  }

  /** Half of the room is taken: who sends parts of packets now has to wait its turn. */
  get isCrowded(): boolean {
    return this.bytes > this.bounds.bytesMax / 2
  }

  /** The connection is over. */
  forget(connection: Connection): void {
    const known = this.parts.get(connection)
    if (!known) return
    this.parts.delete(connection)
    this.count(known.address, -known.bytes)
  }

  private count(address: string, bytes: number): void {
    this.bytes += bytes
    const ofAddress = (this.byAddress.get(address) ?? 0) + bytes
    if (ofAddress > 0) this.byAddress.set(address, ofAddress)
    else this.byAddress.delete(address)
  }

  private tooMuch(
    address: string,
  ): { connection: Connection; part: Part; why: string } | undefined {
    const { bytesMax, addressBytesMax } = this.bounds
    const isOfAddress = (this.byAddress.get(address) ?? 0) > addressBytesMax
    if (!isOfAddress && this.bytes <= bytesMax) return undefined
    for (const [connection, part] of this.parts) {
      if (isOfAddress && part.address !== address) continue
      const whose = isOfAddress ? `of ${address}` : 'of all connections'
      const most = (isOfAddress ? addressBytesMax : bytesMax) / 1024 / 1024
      const why = `the unfinished packets ${whose} hold more than ${most} MiB, and its own began first`
      return { connection, part, why }
    }
    return undefined
  }
}

/**
 * Room for the bytes of what runs side by side. Whoever wants more than there is waits until others have given theirs back, in the order in
 * which they came.
 */
export class Room {
  private free: number
  private readonly bytesMax: number
  private readonly waiting: { bytes: number; enter(): void }[] = []

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
    this.free = bytesMax
  }

  /** Resolves with what gives the room back. More than there is in all is all of it. */
  async take(wanted: number): Promise<() => void> {
    const bytes = Math.min(wanted, this.bytesMax)
    await new Promise<void>(enter => {
      this.waiting.push({ bytes, enter })
      this.admit()
    })
    return () => {
      this.free += bytes
      this.admit()
    }
  }

  private admit(): void {
    for (let next = this.waiting[0]; next && next.bytes <= this.free; next = this.waiting[0]) {
      this.waiting.shift()
      this.free -= next.bytes
      next.enter()
    }
  }
}

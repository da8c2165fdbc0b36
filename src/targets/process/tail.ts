/** The last part of what a process wrote, for messages: at most `charsMax` characters, however much it writes. */
export class Tail {
  private text = ''
  private readonly charsMax: number

  constructor(charsMax = 4000) {
    this.charsMax = charsMax
  }

  add(text: string): void {
    // Twice the size before cutting: a flood of single characters must not copy the whole tail each time.
    this.text += text.length > this.charsMax ? text.slice(-this.charsMax) : text
    if (this.text.length > 2 * this.charsMax) this.text = this.text.slice(-this.charsMax)
  }

  /** Without trailing blank space; empty where nothing was written. */
  get(): string {
    return this.text.slice(-this.charsMax).trimEnd()
  }
}

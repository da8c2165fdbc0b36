import type { MicroPython } from '@micropython/micropython-webassembly-pyscript'

const ctrlA = 1
const ctrlB = 2
const ctrlC = 3
const ctrlD = 4
const ctrlE = 5
const letterA = 0x41
const letterR = 0x52
/** Bytes that the other side may send before it must wait for the next grant. */
const window = 128

/**
 * The board's REPL. MicroPython's own, but for the raw-paste mode: that one reads stdin by itself, which the simulation cannot give it,
 * so the paste is collected here and then fed as raw code.
 */
export class VmRepl {
  private readonly vm: MicroPython
  private readonly print: (bytes: Uint8Array) => void
  private raw = false
  private recent: number[] = []
  private paste: number[] | undefined
  private okBytes = 0
  /** Told when MicroPython begins and ends to run what was entered. */
  onRun: (running: boolean) => void = () => undefined

  constructor(vm: MicroPython, print: (bytes: Uint8Array) => void) {
    this.vm = vm
    this.print = print
  }

  start(raw: boolean): void {
    this.vm.replInit()
    if (raw) this.feed(ctrlA)
  }

  /** True: a soft reset was asked for. */
  feed(byte: number): boolean {
    if (this.paste) {
      this.collect(byte)
      return false
    }
    if (this.raw && this.startsPaste(byte)) return false
    if (byte === ctrlA) this.raw = true
    if (byte === ctrlB) this.raw = false
    return this.enter(byte)
  }

  get inRaw(): boolean {
    return this.raw
  }

  private startsPaste(byte: number): boolean {
    this.recent = [...this.recent, byte].slice(-3)
    const [first, second, third] = this.recent
    if (byte === ctrlE || (byte === letterA && this.recent.at(-2) === ctrlE)) return true
    if (first !== ctrlE || second !== letterA || third !== ctrlA) return false
    this.print(Uint8Array.of(letterR, 1, window, 0, 1))
    this.paste = []
    return true
  }

  private collect(byte: number): void {
    const code = this.paste ?? []
    if (byte !== ctrlD && byte !== ctrlC) {
      code.push(byte)
      if (code.length % window === 0) this.print(Uint8Array.of(1))
      return
    }
    this.paste = undefined
    this.recent = []
    this.print(Uint8Array.of(ctrlD))
    if (byte === ctrlC) return
    for (const each of code) this.enter(each)
    this.okBytes = 2
    this.enter(ctrlD)
  }

  /** What MicroPython printed, without the `OK` that the plain raw mode puts before a program's output. */
  output(bytes: Uint8Array): void {
    const dropped = Math.min(this.okBytes, bytes.length)
    this.okBytes -= dropped
    this.print(bytes.subarray(dropped))
  }

  private enter(byte: number): boolean {
    this.onRun(byte === ctrlD || byte === 13)
    const softReset = this.vm.replProcessChar(byte) !== 0
    this.onRun(false)
    return softReset
  }
}

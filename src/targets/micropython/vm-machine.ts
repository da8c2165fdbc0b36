import { createHash } from 'node:crypto'
import { loadMicroPython, type MicroPython } from '@micropython/micropython-webassembly-pyscript'
import type { BootOrder, FromVm, Program, VmEnd } from './messages.ts'
import { type BoardMemory, word } from './shared-memory.ts'
import type { VmConsole } from './vm-console.ts'
import { VmFlash, writeFiles } from './vm-flash.ts'
import { currentInstance, type Instance } from './vm-instance.ts'
import { interrupted, PowerOff, type VmPower } from './vm-power.ts'
import { VmRepl } from './vm-repl.ts'
import { VmSockets } from './vm-sockets.ts'

/** What every boot of one thread has in common. */
export type Surroundings = {
  memory: BoardMemory
  power: VmPower
  usb: VmConsole
  post: (message: FromVm) => void
}

/**
 * One instance of MicroPython with the board's devices.
 *
 * Compiling the firmware's modules is most of a boot, and sweeps of power cuts boot thousands of times. So the memory is copied once the
 * modules are imported, before any of them has acted, and the next boot of the same modules starts from that copy.
 */
export class VmMachine {
  private readonly vm: MicroPython
  private readonly around: Surroundings
  private readonly flash: VmFlash
  private readonly sockets: VmSockets
  private readonly instance: Instance
  private readonly printed: number[] = []
  private output: (bytes: Uint8Array) => void = () => undefined
  private order: BootOrder
  private copy: { key: string; restore: () => void } | undefined

  static async create(order: BootOrder, around: Surroundings): Promise<VmMachine> {
    let machine: VmMachine | undefined
    const print = (bytes: Uint8Array) => machine?.output(bytes)
    const vm = await loadMicroPython({
      heapsize: order.heapBytes,
      stdout: print,
      stderr: print,
      linebuffer: false,
    })
    machine = new VmMachine(vm, order, around)
    return machine
  }

  private constructor(vm: MicroPython, order: BootOrder, around: Surroundings) {
    this.vm = vm
    this.order = order
    this.around = around
    this.instance = currentInstance(vm)
    this.flash = new VmFlash(vm, around.power, around.post)
    this.sockets = new VmSockets(vm, around.memory, around.power, around.post)
    writeFiles(vm, '/sim', order.stubs)
    vm.registerJsModule('_sim', { ...this.sockets.functions(), ...this.functions() })
    vm.runPython(mountCode)
    if (order.hardHeap) this.instance.useUpTheRest()
  }

  /** Whether it can boot `order`: else another instance must be made. */
  canBoot(order: BootOrder): boolean {
    return this.copy?.key === keyOf(order)
  }

  /** Boots and runs until the power goes or the program ends. */
  boot(order: BootOrder): VmEnd {
    const { power, post } = this.around
    this.order = order
    this.sockets.reset()
    this.printed.length = 0
    this.output = order.program === 'repl' ? bytes => this.printBytes(bytes) : this.printLines
    power.onInterrupt = () => this.vm._module._mp_sched_keyboard_interrupt()
    // Emscripten throws an error for each missing file and each empty socket; nobody reads where they come from.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    try {
      this.copy?.restore()
      this.flash.load(order)
      post({ kind: 'started' })
      if (order.program === 'repl') return this.serveRepl()
      if (!this.copy) this.importModules(order, order.program)
      return this.run(order.program)
    } catch (error) {
      return endOf(error)
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  }

  private importModules(order: BootOrder, program: Program): void {
    this.vm.runPython(bootCode)
    if (program !== 'main' && program !== 'tester') return
    this.vm.runPython(importCode[program])
    const { memory } = this.around
    const acted = memory.read(word.commits) + memory.read(word.socketOps) + this.flash.opened.size
    if (acted === 0 && this.printed.length === 0)
      this.copy = { key: keyOf(order), restore: this.instance.keep() }
  }

  /** A loop() is stepped: MicroPython on WebAssembly collects garbage only when control comes back to us. */
  private run(program: Program): VmEnd {
    if (typeof program !== 'string') {
      this.vm.runPython(program.code)
      return { why: 'exit' }
    }
    this.vm.runPython(stepCode[program])
    const step = this.vm.globals.get('_step') as () => number
    for (let turns = 1; ; turns++) {
      this.around.power.check()
      const heapBytes = step()
      if (heapBytes === 0) return { why: 'exit' }
      noteHeap(this.around.memory, turns, heapBytes)
    }
  }

  private serveRepl(): VmEnd {
    const { usb, power } = this.around
    this.bootToRepl()
    this.vm.runPython('import usb')
    const repl = new VmRepl(this.vm, bytes => this.printBytes(bytes))
    this.output = bytes => repl.output(bytes)
    usb.running = false
    repl.onRun = running => {
      usb.running = running
    }
    repl.start(this.order.rawRepl === true)
    for (;;) {
      const byte = power.wait(() => usb.nextByte(), -1)
      if (byte === interrupted || byte === undefined) continue
      if (repl.feed(byte)) return { why: 'soft-reset' }
    }
  }

  /** As on a board, a boot.py that fails or is interrupted is told of and leads to the REPL all the same. */
  private bootToRepl(): void {
    try {
      this.vm.runPython(bootCode)
    } catch (error) {
      const end = endOf(error)
      if (end.why !== 'exception') throw error
      this.printBytes(Buffer.from(`${end.message.replaceAll('\n', '\r\n')}\r\n`))
    }
  }

  private functions(): { [name: string]: (...values: never[]) => unknown } {
    const { memory, power, usb, post } = this.around
    return {
      sleep_ms: (ms: number) => {
        power.wait(() => undefined, ms)
        return 0
      },
      ticks_ms: () => Math.floor(power.sinceBootMs()) & 0x3fff_ffff,
      ticks_us: () => Math.floor(power.sinceBootMs() * 1000) % 0x4000_0000,
      seconds: () => Math.floor(memory.nowMs() / 1000),
      turn: () => memory.read(word.turn),
      wait: (turn: number, ms: number) => {
        power.waitTurn(turn, ms)
        return 0
      },
      console_ready: () => (usb.ready ? 1 : 0),
      console_line: (max: number) => {
        const line = power.wait(() => usb.nextLine(max), -1)
        return typeof line === 'string' ? line : '\n'
      },
      link: () => memory.read(word.link),
      pin: (name: string, level: number) => {
        post({ kind: 'pin', name, level })
        return 0
      },
      watch: (timeoutMs: number) => {
        power.watch(timeoutMs)
        return 0
      },
      feed: () => {
        power.feed()
        return 0
      },
      uid: () => this.order.uniqueId,
      reset_cause: () => this.order.resetCause,
      reset: () => {
        throw new PowerOff({ why: 'reset' })
      },
    }
  }

  private printBytes(bytes: Uint8Array): void {
    if (bytes.length > 0) this.around.post({ kind: 'bytes', bytes })
  }

  private printLine(text: string): void {
    this.around.power.print(() => this.around.post({ kind: 'line', text }))
  }

  private readonly printLines = (bytes: Uint8Array): void => {
    for (const byte of bytes) {
      if (byte !== 10) this.printed.push(byte)
      else this.printLine(Buffer.from(this.printed.splice(0)).toString())
    }
  }
}

const mountCode = `
import vfs, os
vfs.umount('/')
vfs.mount(vfs.VfsPosix('/flash'), '/')
vfs.mount(vfs.VfsPosix('/sim'), '/sim')
vfs.mount(vfs.VfsPosix('/dev'), '/dev')
os.chdir('/')
del vfs, os
`

const bootCode = `
import sys
sys.path.append('/sim')
import sim_boot
try:
    with open('/boot.py') as _f:
        _boot = _f.read()
except OSError:
    _boot = ''
exec(_boot)
del _boot
`

const importCode = { main: 'import app', tester: 'import usb, tester' }
const stepCode = {
  main: '_step = sim_boot.stepper(app.loop())',
  tester: '_step = sim_boot.stepper(tester.loop())',
}

/** The same key: after importing their modules, two boots are in the same state. */
function keyOf(order: BootOrder): string {
  const hash = createHash('sha1')
  const { program, heapBytes, hardHeap, uniqueId, resetCause } = order
  hash.update(JSON.stringify([program, heapBytes, hardHeap, uniqueId, resetCause]))
  for (const [path, bytes] of order.flash)
    if (path.endsWith('.py')) hash.update(`${path} ${bytes.length} `).update(bytes)
  return hash.digest('hex')
}

/** The first turn still holds what compiling the modules left behind. */
function noteHeap(memory: BoardMemory, turns: number, heapBytes: number): void {
  memory.write(word.turns, turns)
  if (turns === 1) memory.write(word.heapBoot, heapBytes)
  else if (heapBytes > memory.read(word.heapPeak)) memory.write(word.heapPeak, heapBytes)
  const live = memory.read(word.heapLive)
  if (turns > 1 && (live === 0 || heapBytes < live)) memory.write(word.heapLive, heapBytes)
}

/** What Emscripten throws for a Python exception that no Python code is there to take. */
const uncaughtJump = Number.POSITIVE_INFINITY

function endOf(error: unknown): VmEnd {
  if (error instanceof PowerOff) return error.end
  if (error === uncaughtJump)
    return { why: 'exception', type: 'MemoryError', message: 'out of memory between two calls' }
  if (!(error instanceof Error) || error.name !== 'PythonError') throw error
  const type = 'type' in error ? String(error.type) : 'Exception'
  if (type === 'SystemExit') return { why: 'exit' }
  return { why: 'exception', type, message: error.message.trim() }
}

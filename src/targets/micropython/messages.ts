import type { MessagePort } from 'node:worker_threads'
import type { CutPoint } from './cut-point.ts'
import type { Commit } from './flash.ts'

/** MicroPython, compiled, and the length of what it was compiled from. */
export type Interpreter = { module: WebAssembly.Module; bytes: number }

/** What the board's thread is given once. */
export type WorkerData = {
  memory: SharedArrayBuffer
  console: MessagePort
  graceMs: number
  /** Undefined where MicroPython is not installed. */
  interpreter: Interpreter | undefined
}

/** What runs after boot.py. `main` and `tester` are stepped through their loop(); code runs as it stands. */
export type Program = 'tester' | 'main' | { code: string }

export type BootOrder = {
  program: Program | 'repl'
  /** The flash, and the host-only stand-ins for a board's modules. */
  flash: [path: string, bytes: Uint8Array][]
  folders: string[]
  flashBytes: number
  stubs: [path: string, bytes: Uint8Array][]
  heapBytes: number
  /** False: the heap may grow, as it must where all runs in one call and nothing is ever collected. */
  hardHeap: boolean
  uniqueId: string
  resetCause: number
  cutAt?: CutPoint
  /** Start in raw mode, as after a soft reset from it. */
  rawRepl?: boolean
}

/** Why a boot ended. `exit`: the program came to its end. */
export type VmEnd =
  | { why: 'cut' | 'exit' }
  | { why: 'reset' | 'watchdog' | 'soft-reset' }
  | { why: 'point'; point: CutPoint }
  | { why: 'exception'; type: string; message: string }

/** From the board's thread to its host. */
export type FromVm =
  | { kind: 'started' }
  | { kind: 'line'; text: string }
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'commit'; commit: Commit }
  | { kind: 'pin'; name: string; level: number }
  | { kind: 'connect'; id: number; host: string; port: number; memory: SharedArrayBuffer }
  | { kind: 'sent'; id: number }
  | { kind: 'taken'; id: number }
  | { kind: 'close'; id: number }
  | { kind: 'resolve'; host: string }
  | { kind: 'hurried' }
  | { kind: 'ended'; end: VmEnd }

/** What arrives at the board's USB port. */
export type ConsoleInput = { line: string } | { bytes: Uint8Array }

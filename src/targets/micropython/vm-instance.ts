import type { MicroPython } from '@micropython/micropython-webassembly-pyscript'
import type { Interpreter } from './messages.ts'

/** What the C side may still allocate once a hard heap is set up: strings that cross over, descriptors. */
const cSideBytes = 65_536

type Exports = {
  memory: { buffer: ArrayBuffer }
  emscripten_stack_get_current(): number
  _emscripten_stack_restore(pointer: number): void
}

/** MicroPython's table of JavaScript objects that Python holds. */
type Proxies = {
  proxy_js_ref: unknown[]
  proxy_js_ref_next: number
  proxy_js_ref_map: Map<unknown, number>
  proxy_js_map: Map<number, unknown>
  proxy_js_existing: unknown[]
}

let latest: WebAssembly.Instance | undefined

/**
 * Makes this thread fit for many instances one after another. MicroPython is compiled before; its memory cannot grow, since it
 * would ask for more and more where a board has what it has; and the collection of JavaScript proxies is not reported, since across
 * instances that would free memory of the wrong one.
 *
 * Whoever else instantiates WebAssembly in this thread, as a loader that was put into all threads of a process does, gets what he asked for.
 */
export function prepareThread(interpreter: Interpreter): void {
  const { module, bytes } = interpreter
  const { instantiate } = WebAssembly
  const instantiateCompiled = async (source: WebAssembly.Module, imports?: object) => {
    if (!ArrayBuffer.isView(source) || source.byteLength !== bytes)
      return instantiate(source, imports)
    latest = await instantiate(module, imports)
    keepSize((latest.exports as Exports).memory)
    return { module, instance: latest }
  }
  Object.assign(WebAssembly, { instantiate: instantiateCompiled })
  const complain = console.error
  console.error = (text: unknown) => {
    if (!/grow/i.test(String(text))) complain(text)
  }
  globalThis.FinalizationRegistry = class {
    readonly [Symbol.toStringTag] = 'FinalizationRegistry'
    register() {}
    unregister() {
      return false
    }
  }
}

function keepSize(memory: object): void {
  Object.assign(memory, {
    grow: () => {
      throw new RangeError('a board has no more memory')
    },
  })
}

/** The instance that was loaded last. */
export function currentInstance(vm: MicroPython): Instance {
  if (!latest) throw new Error('no MicroPython was loaded')
  return new Instance(vm, latest.exports as Exports)
}

/** The memory of one MicroPython. */
export class Instance {
  private readonly vm: MicroPython
  private readonly exports: Exports
  /** Beyond this address nothing is ever written again. */
  private usedBytes: number

  constructor(vm: MicroPython, exports: Exports) {
    this.vm = vm
    this.exports = exports
    this.usedBytes = exports.memory.buffer.byteLength
  }

  /** Takes all memory that is left but for what the C side needs, so that the Python heap cannot be extended. */
  useUpTheRest(): void {
    const { _malloc: malloc, _free: free } = this.vm._module
    const kept = malloc(cSideBytes)
    for (let bytes = 1 << 23; bytes >= 512; ) if (malloc(bytes) === 0) bytes >>= 1
    free(kept)
    this.usedBytes = Math.min(this.usedBytes, kept + 2 * cSideBytes)
  }

  /** Copies the present state; the function returned brings it back, whatever ran meanwhile and however it ended. */
  keep(): () => void {
    const { FS } = this.vm
    const { memory } = this.exports
    const bytes = new Uint8Array(memory.buffer, 0, this.usedBytes).slice()
    const stack = this.exports.emscripten_stack_get_current()
    const streams = [...FS.streams]
    const proxies = copyOf(globalThis as unknown as Proxies)
    return () => {
      new Uint8Array(memory.buffer).set(bytes)
      this.exports._emscripten_stack_restore(stack)
      FS.streams.splice(0, FS.streams.length, ...streams)
      Object.assign(globalThis, copyOf(proxies))
    }
  }
}

function copyOf(from: Proxies): Proxies {
  return {
    proxy_js_ref: [...from.proxy_js_ref],
    proxy_js_ref_next: from.proxy_js_ref_next,
    proxy_js_ref_map: new Map(from.proxy_js_ref_map),
    proxy_js_map: new Map(from.proxy_js_map),
    proxy_js_existing: [...from.proxy_js_existing],
  }
}

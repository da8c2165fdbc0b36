import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Interpreter } from './messages.ts'

export type BoardThread = {
  /** What the thread runs. */
  file: URL
  /** MicroPython, compiled; undefined where it is not installed, as the thread will say. */
  interpreter: Interpreter | undefined
}

let made: Promise<BoardThread> | undefined

/** What the threads of all boards share: to make it takes several times as long as all else that a thread does at its start. */
export function boardThread(): Promise<BoardThread> {
  made ??= Promise.all([threadFile(), compiled()]).then(([file, interpreter]) => ({
    file,
    interpreter,
  }))
  return made
}

async function compiled(): Promise<Interpreter | undefined> {
  try {
    const home = import.meta.resolve('@micropython/micropython-webassembly-pyscript')
    const bytes = await readFile(new URL('micropython.wasm', home))
    return { module: await WebAssembly.compile(bytes), bytes: bytes.length }
  } catch {
    return undefined
  }
}

async function threadFile(): Promise<URL> {
  if (import.meta.url.endsWith('.js')) return new URL('./vm-worker.js', import.meta.url)
  return bundled()
}

/** From source it is made JavaScript here: else each thread would have to be taught TypeScript first. */
async function bundled(): Promise<URL> {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./vm-worker.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    // The interpreter stays the file that it is, since it looks for its own beside it. What is no file can name it by its address only.
    plugins: [
      {
        name: 'interpreter',
        setup: ({ onResolve }) => {
          onResolve({ filter: /^@micropython\// }, ({ path }) => ({
            path: import.meta.resolve(path),
            external: true,
          }))
        },
      },
    ],
  })
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64')
  return new URL(`data:text/javascript;base64,${code}`)
}

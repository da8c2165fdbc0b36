import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { boardThread } from './board-thread.ts'

/** A module that exports a memory of one page and takes no imports, as many a parser is one. */
const other = [0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 109, 2, 0]

t.test("other WebAssembly in a board's thread gets what it asks for", async t => {
  const { interpreter } = await boardThread()
  const code = `
    import { parentPort, workerData } from 'node:worker_threads'
    const { register } = await import(workerData.loader)
    register()
    const { prepareThread } = await import(workerData.file)
    prepareThread(workerData.interpreter)
    const bytes = new Uint8Array(workerData.other)
    const fromModule = await WebAssembly.compile(bytes).then(WebAssembly.instantiate)
    const fromBytes = await WebAssembly.instantiate(bytes)
    const names = [fromModule, fromBytes.instance].map(each => Object.keys(each.exports))
    parentPort.postMessage({ names, pages: fromModule.exports.m.grow(1) })`
  const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), {
    workerData: {
      loader: import.meta.resolve('tsx/esm/api'),
      file: new URL('vm-instance.ts', import.meta.url).href,
      interpreter,
      other,
    },
  })
  t.teardown(() => thread.terminate())
  const [said] = await once(thread, 'message')
  t.same(said, { names: [['m'], ['m']], pages: 1 })
})

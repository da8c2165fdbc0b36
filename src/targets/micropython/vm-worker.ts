import { parentPort, workerData } from 'node:worker_threads'
import type { BootOrder, FromVm, WorkerData } from './messages.ts'
import { BoardMemory, word } from './shared-memory.ts'
import { VmConsole } from './vm-console.ts'
import { prepareThread } from './vm-instance.ts'
import { VmMachine } from './vm-machine.ts'
import { VmPower } from './vm-power.ts'

/*
 * The board's thread. It serves one boot after another; while a boot lasts, it never returns to its event loop.
 */
const host = parentPort
if (!host) throw new Error('vm-worker runs as a worker thread only')
const settings = workerData as WorkerData
const memory = new BoardMemory(settings.memory)
const post = (message: FromVm) => host.postMessage(message)
const usb = new VmConsole(settings.console)
const power = new VmPower(memory, settings.graceMs, post)
power.onWait = () => usb.take()
usb.onInterrupt = () => memory.write(word.interrupt, 1)

if (settings.interpreter) prepareThread(settings.interpreter)
let machine: VmMachine | undefined

host.on('message', (order: BootOrder) => {
  void serve(order)
})

async function serve(order: BootOrder): Promise<void> {
  usb.boot()
  if (!machine?.canBoot(order))
    machine = await VmMachine.create(order, { memory, power, usb, post })
  power.boot(order.cutAt)
  post({ kind: 'ended', end: machine.boot(order) })
}

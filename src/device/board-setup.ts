import { createSimulatedPico, type SimulatedPico } from '../targets/micropython/board.ts'
import type { EmulatedBoardOptions } from '../targets/micropython/emulated/emulated-board.ts'
import { SweptPico } from '../targets/micropython/emulated/swept-pico.ts'
import { Stage } from './board-driver.ts'
import { FakeBroker } from './device-broker.ts'
import type { Start } from './sweep.ts'

/** A simulated board with the tester on it, a fake broker, and two states to start cases from. */
export type Bench = {
  board: SimulatedPico
  broker: FakeBroker
  /** Nothing on the flash but firmware, no session. */
  blank: Start
  /** A session with a subscription, one message published and one received. */
  used: Start
  stop(): Promise<void>
}

/** `files` go over the firmware's: a patched client, a config.json. */
export async function openBench(files: { [path: string]: string } = {}): Promise<Bench> {
  const broker = await new FakeBroker().start()
  const config = JSON.stringify({ retry_ms: 1 })
  const board = await createSimulatedPico({
    files: { 'config.json': config, ...files },
    graceMs: 150,
  })
  const stop = async () => {
    await board.stop()
    await broker.stop()
  }
  try {
    const blank: Start = { image: board.flash(), session: undefined }
    await use(new Stage(board, broker, 20_000))
    const used: Start = { image: board.flash(), session: broker.saved() }
    return { board, broker, blank, used, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The same with an image of the user on an emulated board. */
export async function openEmulatedBench(options: EmulatedBoardOptions): Promise<{
  board: SweptPico
  broker: FakeBroker
  blank: Start<Uint8Array>
  used: Start<Uint8Array>
  /** What MicroPython says of itself. */
  version: string
  stop(): Promise<void>
}> {
  const board = await SweptPico.create({ ...options, config: { ssid: '', retry_ms: 1 } })
  const broker = await new FakeBroker().start()
  const stop = async () => {
    await board.stop()
    await broker.stop()
  }
  try {
    await board.reboot()
    const blank = { image: board.flash(), session: undefined }
    const stage = new Stage(board, broker, emulatedDeadlineMs)
    const version = String((await stage.command('hello')).version)
    await use(stage)
    return {
      board,
      broker,
      blank,
      used: { image: board.flash(), session: broker.saved() },
      version,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** An emulated board is some ten times slower than a real one, on an idle machine. */
export const emulatedDeadlineMs = 120_000

async function use(stage: Stage): Promise<void> {
  await stage.connect()
  await stage.subscribe('in')
  await stage.publish('before')
  await stage.told('before')
  stage.send('before-in')
  await stage.settled()
  stage.leave()
}

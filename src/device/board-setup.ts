import { createSimulatedPico, type SimulatedPico } from '../targets/micropython/board.ts'
import type { EmulatedBoardOptions } from '../targets/micropython/emulated/emulated-board.ts'
import { SweptPico } from '../targets/micropython/emulated/swept-pico.ts'
import { BoardDriver } from './board-driver.ts'
import { DeviceBroker } from './device-broker.ts'
import type { Start } from './sweep.ts'

/** A simulated board with the tester on it, a fake broker, and two states to start cases from. */
export type BoardSetup = {
  board: SimulatedPico
  broker: DeviceBroker
  /** Nothing on the flash but firmware, no session. */
  blank: Start
  /** A session with a subscription, one message published and one received. */
  used: Start
  stop(): Promise<void>
}

/** `files` go over the firmware's: a patched client, a config.json. */
export async function setUpBoard(files: { [path: string]: string } = {}): Promise<BoardSetup> {
  const broker = await new DeviceBroker().start()
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
    await use(new BoardDriver(board, broker, 20_000))
    const used: Start = { image: board.flash(), session: broker.saved() }
    return { board, broker, blank, used, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The same with an image of the user on an emulated board. */
export async function setUpEmulatedBoard(options: EmulatedBoardOptions): Promise<{
  board: SweptPico
  broker: DeviceBroker
  blank: Start<Uint8Array>
  used: Start<Uint8Array>
  /** What MicroPython says of itself. */
  version: string
  stop(): Promise<void>
}> {
  const board = await SweptPico.create({ ...options, config: { ssid: '', retry_ms: 1 } })
  const broker = await new DeviceBroker().start()
  const stop = async () => {
    await board.stop()
    await broker.stop()
  }
  try {
    await board.reboot()
    const blank = { image: board.flash(), session: undefined }
    const driver = new BoardDriver(board, broker, emulatedDeadlineMs)
    const version = String((await driver.command('hello')).version)
    await use(driver)
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

async function use(driver: BoardDriver): Promise<void> {
  await driver.connect()
  await driver.subscribe('in')
  await driver.publish('before')
  await driver.told('before')
  driver.send('before-in')
  await driver.settled()
  driver.leave()
}

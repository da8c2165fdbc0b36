import { createSimulatedPico, type SimulatedPico } from '../targets/micropython/board.ts'
import { FakeBroker } from './fake-broker.ts'
import { Stage } from './stage.ts'
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

async function use(stage: Stage): Promise<void> {
  await stage.connect()
  await stage.subscribe('in')
  await stage.publish('before')
  await stage.told('before')
  stage.send('before-in')
  await stage.settled()
  stage.leave()
}

import { once } from 'node:events'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import type { Profile } from '../profile.ts'
import { TargetError } from '../target-error.ts'
import { duplexLines, type LineEndpoint } from './lines.ts'

const connectMs = 10_000
const baudDefault = 115_200

/** The lines of an adapter that runs already: at `tcp://host:port` or behind a serial port. Rejects with TargetError. */
export async function reachLines(adapter: NonNullable<Profile['adapter']>): Promise<LineEndpoint> {
  const where = adapter.address ?? adapter.serial ?? ''
  try {
    return duplexLines(
      adapter.address === undefined
        ? await openSerial(where, adapter.baud ?? baudDefault)
        : await openTcp(where),
    )
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new TargetError(
      'TARGET_UNREACHABLE',
      `expected an adapter at ${where}; ${said}; check that it runs and that nobody else uses it`,
      error,
    )
  }
}

async function openTcp(address: string): Promise<Duplex> {
  const { hostname, port } = new URL(address)
  const socket = net.connect({ host: hostname, port: Number(port), noDelay: true })
  const late = setTimeout(
    () => socket.destroy(new Error(`no connection in ${connectMs} ms`)),
    connectMs,
  )
  try {
    await once(socket, 'connect')
    return socket
  } finally {
    clearTimeout(late)
  }
}

/** The package is optional: whoever drives no board needs no native code. */
async function openSerial(path: string, baudRate: number): Promise<Duplex> {
  const { SerialPort } = await import('serialport')
  const port = new SerialPort({ path, baudRate, autoOpen: false })
  await new Promise<void>((resolve, reject) => {
    port.open(error => (error ? reject(error) : resolve()))
  })
  return port
}

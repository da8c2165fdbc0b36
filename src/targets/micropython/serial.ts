import type { Duplex } from 'node:stream'
import { duplexLines, type LineEndpoint } from '../client/lines.ts'
import { TargetError } from '../target-error.ts'
import { readFirmware } from './firmware.ts'
import { PortClosed, RawRepl, RemoteError, ReplError } from './raw-repl.ts'

export type SerialPicoOptions = {
  /** `/dev/ttyACM0`, `COM3`. */
  port: string
  /** Folder with the firmware; default is the one that ships. */
  firmware?: string
  /** Goes onto the board as config.json: ssid, key, country, and what tester.py reads. */
  config?: { [name: string]: unknown }
}

/** Uploads the firmware to a real board, starts the tester on it and returns its lines. Rejects with TargetError. */
export async function openSerialPico(options: SerialPicoOptions): Promise<LineEndpoint> {
  const port = await openPort(options.port)
  try {
    return await startTester(port, options.port, options)
  } catch (error) {
    port.destroy()
    throw error
  }
}

/** Modules that the firmware needs and that not every MicroPython has. */
const neededModules = [
  'binascii',
  'errno',
  'json',
  'machine',
  'network',
  'select',
  'socket',
  'struct',
]

export type TesterOptions = Pick<SerialPicoOptions, 'firmware' | 'config'> & {
  /** Put onto the board over the firmware's; a compiled module in the place of its source. */
  files?: Map<string, Uint8Array>
  /** Files that stand in for modules which the board's MicroPython lacks. */
  standIns?: Map<string, Uint8Array>
  /** How many times longer than a real board this one may take; default 1. */
  slowness?: number
}

/** As `openSerialPico`, over a stream that is open. `label` names it in messages. Files that are on the board already are left alone. */
export async function startTester(
  stream: Duplex,
  label: string,
  options: TesterOptions = {},
): Promise<LineEndpoint> {
  const files = await readFirmware(options.firmware)
  files.delete('main.py')
  if (options.config) files.set('config.json', Buffer.from(JSON.stringify(options.config)))
  for (const [path, content] of options.files ?? []) {
    // A board looks for the source first.
    files.delete(path.replace(/\.mpy$/, '.py'))
    files.set(path, content)
  }
  const repl = new RawRepl(stream, options.slowness)
  try {
    await repl.enter()
    const put = async (wanted: Map<string, Uint8Array>) => {
      for (const [path, content] of await changed(repl, wanted)) await repl.upload(path, content)
    }
    if (options.standIns) await put(options.standIns)
    await checkModules(repl, label)
    await put(files)
    await repl.start('import tester\ntester.run()', '"ready"')
  } catch (error) {
    throw explained(error, label)
  }
  const lines = duplexLines(stream)
  const onLine: LineEndpoint['onLine'] = listener => {
    lines.onLine(listener)
    // Paused since the tester started, so that its first lines wait for someone to hear them.
    stream.resume()
  }
  return { ...lines, onLine }
}

async function checkModules(repl: RawRepl, label: string): Promise<void> {
  for (const name of neededModules) {
    try {
      await repl.run(`import ${name}`)
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error
      throw new TargetError(
        'TARGET_NOT_READY',
        `${label}: the MicroPython on this board has no module "${name}"; put the firmware for a board with Wi-Fi on it (device/README.md)`,
        error,
      )
    }
  }
}

/** Files that the board lacks or has with other content, by length and CRC-32. */
async function changed(
  repl: RawRepl,
  files: Map<string, Uint8Array>,
): Promise<[string, Uint8Array][]> {
  const names = JSON.stringify([...files.keys()])
  const printed = await repl.run(`
import binascii, json
_sums = []
for _name in ${names}:
    try:
        with open('/' + _name, 'rb') as _f:
            _sums.append(binascii.crc32(_f.read()))
    except OSError:
        _sums.append(None)
print(json.dumps(_sums))
`)
  const sums = JSON.parse(printed) as (number | null)[]
  return [...files].filter(([, content], index) => sums[index] !== crc32(content))
}

/** CRC-32 as in zlib and MicroPython's binascii. Node has its own only since 20.15. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0)
  }
  return ~crc >>> 0
}

function explained(error: unknown, label: string): unknown {
  if (error instanceof PortClosed) {
    return new TargetError(
      'TARGET_NOT_READY',
      `${label}: ${error.message} while the firmware was put onto the board: does the board reset by itself (its boot.py, too little power), or is the cable loose?`,
      error,
    )
  }
  if (error instanceof ReplError) {
    return new TargetError(
      'TARGET_NOT_READY',
      `${label}: no MicroPython answers on this port: ${error.message}; is it the right port, and is MicroPython on the board (device/README.md)?`,
      error,
    )
  }
  if (error instanceof RemoteError)
    return new TargetError('TARGET_NOT_READY', `${label}: the board says: ${error.message}`, error)
  return error
}

type SerialPortClass = new (options: {
  path: string
  baudRate: number
  autoOpen: false
}) => Duplex & { open(done: (error: Error | null) => void): void }

async function openPort(path: string): Promise<Duplex> {
  const SerialPort = await loadSerialPort()
  const port = new SerialPort({ path, baudRate: 115_200, autoOpen: false })
  const error = await new Promise<Error | null>(resolve => port.open(resolve))
  if (!error) return port
  throw new TargetError('TARGET_UNREACHABLE', portProblem(path, error.message), error)
}

async function loadSerialPort(): Promise<SerialPortClass> {
  // Optional: not everyone has a board, and its prebuilt part does not exist for every platform.
  const name: string = 'serialport'
  try {
    return ((await import(name)) as { SerialPort: SerialPortClass }).SerialPort
  } catch (error) {
    throw new TargetError(
      'PROGRAM_MISSING',
      'a real board needs the optional package "serialport": npm install serialport',
      error,
    )
  }
}

/** What the port's own message means for the one who holds the cable. */
export function portProblem(path: string, message: string): string {
  if (/cannot lock|busy|EBUSY|Access denied/i.test(message))
    return `${path} is busy: close the program that uses it (a terminal, mpremote, an editor) and try again`
  if (/permission|EACCES/i.test(message))
    return `${path} may not be opened: on Linux, add yourself to the group "dialout" and log in again`
  if (/no such file|not found|ENOENT/i.test(message))
    return `${path} does not exist: is the board plugged in, with a cable that carries data?`
  return `${path} could not be opened: ${message}`
}

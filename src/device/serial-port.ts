import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'

/*
 * For tests: a serial port of the operating system with anything behind it, and the command line that is given it.
 */

/** Why there is none here, or false. */
export const socatMissing =
  spawnSync('socat', ['-V']).status === 0 ? false : 'needs socat (Debian package socat)'

const packageRoot = fileURLToPath(new URL('../..', import.meta.url))
const tsx = import.meta.resolve('tsx')

/** A pseudo-terminal at `link` whose other end is the board's USB port. */
export async function plugIn(link: string, usb: Duplex): Promise<ChildProcess> {
  const cable = spawn('socat', ['-d', '-d', `PTY,raw,echo=0,link=${link}`, 'STDIO'])
  cable.stdout.on('data', bytes => usb.write(bytes))
  usb.on('data', bytes => cable.stdin.write(bytes))
  cable.stdin.on('error', () => undefined)
  await new Promise<void>(resolve =>
    cable.stderr.on('data', (text: Buffer) => {
      if (text.includes('starting data transfer loop')) resolve()
    }),
  )
  return cable
}

/** The command line as a user starts it, all of it from source. */
export async function mqttspec(words: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [`--import=${tsx}`, 'src/cli/bin.ts', ...words], {
    cwd: packageRoot,
    env: { ...process.env, NO_COLOR: '1', NODE_OPTIONS: `--import=${tsx}` },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      output += text
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

import { readFileSync } from 'node:fs'
import { register } from 'node:module'

/** Modules are loaded side by side, a descriptor each: ours and those of our dependencies take up to so many. */
const descriptorsEnough = 512

/** Where few descriptors may be open, modules are read one behind the other from now on. */
export function sparesDescriptors(): void {
  const most = descriptorsMax()
  if (most !== undefined && most < descriptorsEnough) register('./one-by-one.js', import.meta.url)
}

/** The limit of this process, where the system tells it without being asked for much. */
function descriptorsMax(): number | undefined {
  try {
    const [, most] =
      /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return most === undefined ? undefined : Number(most)
  } catch {
    return undefined
  }
}

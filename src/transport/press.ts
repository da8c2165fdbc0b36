import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/*
 * What is read lies outside of the heap of V8, which looks at its heap alone when it decides whether to collect, and lets more than a
 * gigabyte of packets lie that nobody holds any more: on a busy machine it collects later than a peer floods. Of its heap it lets as much
 * lie again as was held the last time. So it is told to, after so much was read, where much lies.
 */

/** After so many bytes it is looked how much lies there; a packet that came in parts was copied three times by then. */
const lookEveryBytes = 16 * 1024 * 1024
const uncollectedMax = 96 * 1024 * 1024
/** What a collection has left is held by somebody: to ask again before so much has come on top would find nothing. */
const newBytesMax = 64 * 1024 * 1024

const places = ['arrayBuffers', 'heapUsed'] as const
let readBytes = 0
const heldBytes = { arrayBuffers: 0, heapUsed: 0 }
let collect: (() => void) | undefined

/** Takes note of what was read of a peer. */
export function noteRead(bytes: number): void {
  readBytes += bytes
  if (readBytes < lookEveryBytes) return
  readBytes = 0
  const lying = process.memoryUsage()
  const isMuch = places.some(
    place => lying[place] > Math.max(uncollectedMax, heldBytes[place] + newBytesMax),
  )
  if (!isMuch) return
  collect ??= collector()
  collect()
  const left = process.memoryUsage()
  for (const place of places) heldBytes[place] = left[place]
}

/** `gc` of V8, which stands only where it was asked for. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  return () => gc()
}

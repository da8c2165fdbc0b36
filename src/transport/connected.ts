import type { Duplex } from 'node:stream'

/** Waits until a stream is there for use. Rejects with its error; after that no error of it is thrown. */
export function connected<T extends Duplex>(stream: T, event: string): Promise<T> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject)
    stream.once('close', () => reject(new Error('the connection was closed')))
    stream.once(event, () => {
      stream.removeListener('error', reject)
      // An error between here and the Link's own listener must not be thrown.
      stream.on('error', () => undefined)
      stream.pause()
      resolve(stream)
    })
  })
}

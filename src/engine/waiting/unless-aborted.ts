import { Interrupted } from '../early-end.ts'

/**
 * Settles as `work` does, or rejects with Interrupted as soon as `signal` is aborted. Work that cannot be called back goes on then;
 * what it still brings is given to `late`, to be put away; nobody hears of it where that fails.
 */
export function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  late: (value: T) => unknown = () => undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false
    const abort = () => {
      over = true
      reject(new Interrupted())
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    const done = () => signal.removeEventListener('abort', abort)
    work.then(
      value => {
        done()
        if (over)
          Promise.resolve(value)
            .then(late)
            .catch(() => undefined)
        else resolve(value)
      },
      error => {
        done()
        reject(error)
      },
    )
  })
}

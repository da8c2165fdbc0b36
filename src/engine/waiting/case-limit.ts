/** A case that goes on and on is ended after so many times its limit. */
const extensionsMax = 10

export type CaseLimit = {
  readonly signal: AbortSignal
  release(): void
}

/**
 * Ends a case in which nothing has happened for `ms`, or which `outer` ends. A slow target takes long over many messages; as long as
 * `progress`, the number of the last thing that happened from 0 on, is a different one each time, it is left to it, though not for ever.
 */
export function limitCase(outer: AbortSignal, ms: number, progress: () => number): CaseLimit {
  const controller = new AbortController()
  const abort = () => controller.abort()
  let before = -1
  let extensions = 0
  const look = () => {
    const now = progress()
    if (now === before || ++extensions === extensionsMax) return abort()
    before = now
    timer = setTimeout(look, ms)
  }
  let timer = setTimeout(look, ms)
  if (outer.aborted) abort()
  outer.addEventListener('abort', abort, { once: true })
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer)
      outer.removeEventListener('abort', abort)
    },
  }
}

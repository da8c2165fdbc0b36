/** Resolves at the first Ctrl-C, when the time is over, or when nobody is left to tell. */
export function untilTheEnd(seconds: number | undefined, interrupted: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, seconds === undefined ? 2_147_483_647 : seconds * 1000)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    if (interrupted.aborted) end()
    else interrupted.addEventListener('abort', end, { once: true })
  })
}

/** How long a run may take unless somebody says otherwise: several times what the slowest broker known needs for all suites. */
export const defaultTimeLimitMs = 60 * 60 * 1000

/** Timers of Node count no further. */
const timerMaxMs = 2_147_483_647

/** Why a run was ended that nobody interrupted; the reason of its signal. */
export class TimeLimitReached extends Error {
  override readonly name = 'TimeLimitReached'

  constructor(ms: number) {
    super(`the time limit of ${inWords(ms)} was reached`)
  }
}

/** A signal that is aborted when `outer` is, or when the time is over. */
export type TimeLimit = { readonly signal: AbortSignal; release(): void }

export function limitTime(outer: AbortSignal | undefined, ms: number): TimeLimit {
  const controller = new AbortController()
  const abort = () => controller.abort(outer?.reason)
  const timer = setTimeout(
    () => controller.abort(new TimeLimitReached(ms)),
    Math.min(ms, timerMaxMs),
  )
  if (outer?.aborted) abort()
  outer?.addEventListener('abort', abort, { once: true })
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer)
      outer?.removeEventListener('abort', abort)
    },
  }
}

/** What ended a run, to begin a sentence with. */
export function whyEnded({ reason }: AbortSignal): string {
  return reason instanceof TimeLimitReached ? reason.message : 'interrupted'
}

function inWords(ms: number): string {
  const s = ms / 1000
  if (s >= 60 && s % 60 === 0) return `${s / 60} min`
  return `${s} s`
}

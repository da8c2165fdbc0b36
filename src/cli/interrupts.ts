import type { Io } from './io.ts'

/*
 * Ctrl-C, a job that is cancelled, a terminal that is closed. The first of them ends a run with its reports, a second one ends us at once.
 * This is the first thing that is loaded, so that a signal which comes while all else is still being loaded is not one that nobody hears.
 */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Signals this close to the first are that one: `timeout` sends its own to the process and to its group, and a terminal to all that
 * stand in a pipeline.
 */
const sameSignalMs = 500

export type Interrupts = {
  readonly signal: AbortSignal
  /** As a signal would. */
  interrupt(): void
  stop(): void
}

/** Says so where an interrupt comes, or has come. */
export function tellWhenInterrupted(signal: AbortSignal, { stderr }: Pick<Io, 'stderr'>): void {
  const tell = () => {
    stderr.write('\nmqttspec: interrupted, writing the reports (again: stop at once)\n')
  }
  if (signal.aborted) tell()
  else signal.addEventListener('abort', tell, { once: true })
}

type Source = Pick<Io, 'signals' | 'exit'>

const heard = new WeakMap<Source['signals'], Interrupts>()

/** From now on signals end nothing but what listens to `signal`. Until `stop` all who ask get the same. */
export function hearInterrupts(source: Source): Interrupts {
  const interrupts = heard.get(source.signals) ?? listen(source)
  heard.set(source.signals, interrupts)
  return interrupts
}

function listen({ signals, exit }: Source): Interrupts {
  const controller = new AbortController()
  let firstMs: number | undefined
  const listener = () => {
    const nowMs = performance.now()
    if (firstMs !== undefined && nowMs - firstMs > sameSignalMs) return exit(130)
    firstMs ??= nowMs
    controller.abort()
  }
  for (const ending of endings) signals.on(ending, listener)
  return {
    signal: controller.signal,
    interrupt: () => controller.abort(),
    stop: () => {
      for (const ending of endings) signals.removeListener(ending, listener)
      heard.delete(signals)
    },
  }
}

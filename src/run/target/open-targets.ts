import { Interrupted } from '../../engine/early-end.ts'
import { scaled } from '../../engine/waiting/budgets.ts'
import { unlessAborted } from '../../engine/waiting/unless-aborted.ts'
import type { Case } from '../../scenario/ast.ts'
import { openTarget, type TargetWish, WishError } from '../../targets/index.ts'
import type { OurNames } from '../../targets/profile.ts'
import type { Reach } from '../../targets/reach.ts'
import type { BrokerTarget, Target } from '../../targets/target.ts'
import { InterruptedError } from '../interrupted-error.ts'
import type { RunOptions } from '../options.ts'
import { whyEnded } from '../time-limit.ts'
import { UsageError } from '../usage-error.ts'

/** Rejects as soon as `signal` says so; what opens later then is stopped. */
export async function openUnlessAborted(
  wish: TargetWish,
  { timeoutScale = 1, signal = new AbortController().signal }: RunOptions,
  how: { reach?: Reach; names?: OurNames } = {},
): Promise<Target> {
  const opening = openTarget(wish, { ...scaled({}, timeoutScale), ...how })
  try {
    return await unlessAborted(opening, signal, target => target.stop())
  } catch (error) {
    if (error instanceof Interrupted) throw new InterruptedError(whyEnded(signal))
    throw error instanceof WishError ? new UsageError(error.message) : error
  }
}

/** The broker behind proxies, where some case has one. Rejects as `openUnlessAborted`. */
export async function openBehind(
  cases: Case[],
  target: Target,
  options: RunOptions,
): Promise<BrokerTarget | undefined> {
  const { upstream } = options
  if (upstream !== undefined && target.role === 'broker') {
    const message = '--upstream names the broker behind a proxy, and needs a client as --target'
    throw new UsageError(message)
  }
  if (target.role === 'broker' || !cases.some(({ role }) => role === 'proxy')) return undefined
  const behind = await openUnlessAborted(upstream ?? 'aedes', options)
  if (behind.role === 'broker') return behind
  await behind.stop()
  throw new UsageError(`--upstream names a broker; ${behind.name} is a client`)
}

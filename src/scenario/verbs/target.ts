import { flag, integer, text, word } from '../../model/schema/scalars.ts'
import { may, must, record } from '../../model/schema/shapes.ts'
import { judgingFields, judgingOf } from '../schema/judging.ts'
import { value } from '../schema/values.ts'
import type { Judging, Value } from '../step-parts.ts'
import { judged, never, nothing, present, type StepKinds, verb } from './step-kind.ts'

/** What can befall a target as a whole. */
export type TargetBodies = {
  'target.restart': { how: Value }
  /** Simulated board: the power goes and comes back, and each application connects again as before. */
  'target.power-cut': { tear?: Value }
  'target.link': { state: Value }
  /** Simulated board: so much of its own time passes. */
  'target.advance': { s: Value }
  /** Takes what is left of the board's flash, or gives it back. */
  'target.flash': { state: Value }
  /** Simulated board: the firmware as it ships, over minutes or hours of its own time. */
  'target.long-run': { flow: Value; judging: Judging }
  /** Simulated board: the power is cut at every point of a flow in turn, and the recovery judged as exactly once. */
  'target.sweep': { flow: Value; twice: boolean; judging: Judging }
}

/** What a device can be doing while its power goes; src/device/flows.ts holds them. */
const sweepFlows = [
  'first-connection',
  'publish-one',
  'receive-one',
  'publish-alone-and-two-at-once',
  'receive-two',
  'publish-more-than-a-slot-holds',
  'reconnect-after-each-packet-was-lost',
]

/** What the firmware can be run through; src/device/long-runs.ts holds them. */
const longRuns = [
  'readings-and-commands',
  'link-lost-for-minutes',
  'journal-full-when-the-link-returns',
  'broker-gone-for-an-hour',
  'broker-that-answers-late',
  'ids-run-out',
]

const restart = verb({
  name: 'restart',
  actors: ['target'],
  kind: 'stimulus',
  about: 'Stops the target by TERM or KILL and starts it again with its data.',
  example: 'target.restart: kill',
  value: value(word('way to stop', ['term', 'kill'], 'UNKNOWN_FAULT')),
  body: how => ({ verb: 'target.restart' as const, how }),
})

const powerCut = verb({
  name: 'power-cut',
  actors: ['target'],
  kind: 'stimulus',
  about:
    'A simulated board: the power goes and comes back; the application starts anew and connects as before.',
  example: 'target.power-cut:',
  value: record(
    {
      tear: may(
        value(text('the name of a file')),
        'A file on the flash that loses its second half meanwhile.',
      ),
    },
    'nothing, or tear',
  ),
  body: own => ({ verb: 'target.power-cut' as const, ...own }),
})

const link = verb({
  name: 'link',
  actors: ['target'],
  kind: 'stimulus',
  about:
    'A simulated board: the network goes, or comes back; what both sides sent meanwhile then arrives.',
  example: 'target.link: down',
  value: value(word('state of the link', ['down', 'up'])),
  body: state => ({ verb: 'target.link' as const, state }),
})

const advance = verb({
  name: 'advance',
  actors: ['target'],
  kind: 'stimulus',
  about: 'A simulated board: so much of its own time passes, at once.',
  example: 'target.advance: { s: 240 }',
  value: record({ s: must(value(integer(1, 86_400, 's')), 'Seconds.') }, 's'),
  body: ({ s }) => ({ verb: 'target.advance' as const, s }),
})

const flash = verb({
  name: 'flash',
  actors: ['target'],
  kind: 'stimulus',
  about: 'A board: takes all that is left of its flash, or gives it back.',
  example: 'target.flash: full',
  value: value(word('state of the flash', ['full', 'free'])),
  body: state => ({ verb: 'target.flash' as const, state }),
})

const longRun = verb({
  name: 'long-run',
  actors: ['target'],
  kind: 'check',
  about:
    'A simulated board: the firmware as it ships, main.py and all, over minutes and hours of its own time; judged by what its broker gets and what it does.',
  example: 'target.long-run: { flow: broker-gone-for-an-hour }',
  value: record(
    {
      flow: must(value(word('flow of the firmware', longRuns)), 'What happens.'),
      ...judgingFields,
    },
    'flow',
  ),
  body: ({ flow, ...judging }) => ({
    verb: 'target.long-run' as const,
    flow,
    judging: judgingOf(judging, 'check'),
  }),
})

const sweep = verb({
  name: 'sweep',
  actors: ['target'],
  kind: 'check',
  about:
    'A simulated board: cuts the power at every socket operation and every flash commit of a flow in turn, boots again and judges the whole as exactly once.',
  example: 'target.sweep: { flow: receive-two }',
  value: record(
    {
      flow: must(value(word('flow of the device', sweepFlows)), 'What the device does meanwhile.'),
      twice: may(flag(), 'true: the recovery from each cut is cut at each of its points too.'),
      ...judgingFields,
    },
    'flow, twice',
  ),
  body: ({ flow, twice = false, ...judging }) => ({
    verb: 'target.sweep' as const,
    flow,
    twice,
    judging: judgingOf(judging, 'check'),
  }),
})

/** Hundreds of boots, or hours of a board's time, on a machine that does other things besides. */
const benchMs = 180_000

export const targetKinds: StepKinds<TargetBodies> = {
  'target.restart': {
    written: [restart],
    values: ({ how }) => [how],
    matches: nothing,
    connection: 'needs none',
    checks: never,
    setsOff: never,
  },
  'target.power-cut': {
    written: [powerCut],
    values: ({ tear }) => present(tear),
    matches: nothing,
    connection: 'needs none',
    checks: never,
    setsOff: never,
  },
  'target.link': {
    written: [link],
    values: ({ state }) => [state],
    matches: nothing,
    connection: 'needs none',
    checks: never,
    setsOff: never,
  },
  'target.advance': {
    written: [advance],
    values: ({ s }) => [s],
    matches: nothing,
    connection: 'needs none',
    checks: never,
    setsOff: never,
  },
  'target.flash': {
    written: [flash],
    values: ({ state }) => [state],
    matches: nothing,
    connection: 'needs none',
    checks: never,
    setsOff: never,
  },
  'target.long-run': {
    written: [longRun],
    values: ({ flow }) => [flow],
    matches: nothing,
    connection: 'needs none',
    checks: judged,
    setsOff: never,
    lastsMs: () => benchMs,
  },
  'target.sweep': {
    written: [sweep],
    values: ({ flow }) => [flow],
    matches: nothing,
    connection: 'needs none',
    checks: judged,
    setsOff: never,
    lastsMs: () => benchMs,
  },
}

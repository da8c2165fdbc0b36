import { flag, integer, text, word } from '../../../model/schema/scalars.ts'
import { may, must, record } from '../../../model/schema/shapes.ts'
import { judgingFields, judgingOf } from '../judging.ts'
import { value } from '../values.ts'
import { type Verb, verb } from '../verb.ts'

/** What a device can be doing while its power goes; src/device/flows.ts plays them. */
const sweepFlows = [
  'first-connection',
  'publish-one',
  'receive-one',
  'publish-alone-and-two-at-once',
  'receive-two',
  'publish-more-than-a-slot-holds',
  'reconnect-after-each-packet-was-lost',
]

/** What the firmware can be played through; src/device/plays.ts holds them. */
const playFlows = [
  'readings-and-commands',
  'link-lost-for-minutes',
  'journal-full-when-the-link-returns',
  'broker-gone-for-an-hour',
  'broker-that-answers-late',
  'ids-run-out',
]

/** What can befall a target as a whole. */
export const targetVerbs: { [name: string]: Verb } = {
  restart: verb({
    actors: ['target'],
    kind: 'stimulus',
    about: 'Stops the target by TERM or KILL and starts it again with its data.',
    example: 'target.restart: kill',
    value: value(word('way to stop', ['term', 'kill'], 'UNKNOWN_FAULT')),
    body: how => ({ verb: 'target.restart', how }),
  }),
  'power-cut': verb({
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
    body: own => ({ verb: 'target.power-cut', ...own }),
  }),
  link: verb({
    actors: ['target'],
    kind: 'stimulus',
    about:
      'A simulated board: the network goes, or comes back; what both sides sent meanwhile then arrives.',
    example: 'target.link: down',
    value: value(word('state of the link', ['down', 'up'])),
    body: state => ({ verb: 'target.link', state }),
  }),
  advance: verb({
    actors: ['target'],
    kind: 'stimulus',
    about: 'A simulated board: so much of its own time passes, at once.',
    example: 'target.advance: { s: 240 }',
    value: record({ s: must(value(integer(1, 86_400, 's')), 'Seconds.') }, 's'),
    body: ({ s }) => ({ verb: 'target.advance', s }),
  }),
  flash: verb({
    actors: ['target'],
    kind: 'stimulus',
    about: 'A board: takes all that is left of its flash, or gives it back.',
    example: 'target.flash: full',
    value: value(word('state of the flash', ['full', 'free'])),
    body: state => ({ verb: 'target.flash', state }),
  }),
  play: verb({
    actors: ['target'],
    kind: 'check',
    about:
      'A simulated board: the firmware as it ships, main.py and all, over minutes and hours of its own time; judged by what its broker gets and what it does.',
    example: 'target.play: { flow: broker-gone-for-an-hour }',
    value: record(
      {
        flow: must(value(word('flow of the firmware', playFlows)), 'What happens.'),
        ...judgingFields,
      },
      'flow',
    ),
    body: ({ flow, ...judging }) => ({
      verb: 'target.play',
      flow,
      judging: judgingOf(judging, 'check'),
    }),
  }),
  sweep: verb({
    actors: ['target'],
    kind: 'check',
    about:
      'A simulated board: cuts the power at every socket operation and every flash commit of a flow in turn, boots again and judges the whole as exactly once.',
    example: 'target.sweep: { flow: receive-two }',
    value: record(
      {
        flow: must(
          value(word('flow of the device', sweepFlows)),
          'What the device does meanwhile.',
        ),
        twice: may(flag(), 'true: the recovery from each cut is cut at each of its points too.'),
        ...judgingFields,
      },
      'flow, twice',
    ),
    body: ({ flow, twice = false, ...judging }) => ({
      verb: 'target.sweep',
      flow,
      twice,
      judging: judgingOf(judging, 'check'),
    }),
  }),
}

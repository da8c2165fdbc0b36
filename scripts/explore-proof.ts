import { parseArgs } from 'node:util'
import { brokerReceiverFlaws } from '../fixtures/testing/peers/flaws/broker-receiver.ts'
import { brokerSenderFlaws } from '../fixtures/testing/peers/flaws/broker-sender.ts'
import { brokerSessionFlaws } from '../fixtures/testing/peers/flaws/broker-session.ts'
import { beyondReach } from './explore-proof/beyond-reach.ts'
import { pageOf } from './explore-proof/page.ts'
import { tryCorrect, tryFlaw } from './explore-proof/try-flaw.ts'
import { settings } from './proof/settings.ts'

/*
 * npm run explore-proof                    which flaws of the zoo a search without any scenario finds
 * npm run explore-proof -- --only A,B      flaws whose name contains one of the words
 * --schedules N                            the most for each flaw (default 5000)
 * --budget S                               the most seconds for each flaw (default 120)
 * --mqtt 3.1.1                             only this version, where the flaw shows in it (default: 3.1.1,5.0)
 * --correct                                instead of flaws, the settings of a correct broker: no search may find anything
 * --page FILE                              instead of a search, the tables of what earlier ones printed, for reports/explore.md
 * --part I/N                               every N-th of them
 * --flow WORD                              only flows whose name contains the word
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    schedules: { type: 'string', default: '5000' },
    budget: { type: 'string', default: '120' },
    mqtt: { type: 'string', default: '3.1.1,5.0' },
    page: { type: 'string', multiple: true },
    correct: { type: 'boolean', default: false },
    part: { type: 'string', default: '1/1' },
    flow: { type: 'string', default: '' },
  },
})
/** Settings in which a broker may refuse what a flow asks for: nothing is said of those. */
const refuses = /maximumQoS|denyPublish|allowTopics|busyEvery|maximumSessionExpiry|all at once/
const [part = 1, parts = 1] = values.part.split('/').map(Number)
const families = [...brokerReceiverFlaws, ...brokerSenderFlaws, ...brokerSessionFlaws]
const chosen = families
  .filter(({ name, invisible }) => isAskedFor(name) && invisible === undefined)
  .filter(({ name }) => beyondReach(name) === undefined)
  .filter((_, index) => index % parts === part - 1)
const limits = {
  schedules: Number(values.schedules),
  ms: Number(values.budget) * 1000,
  versions: values.mqtt.split(','),
  flow: values.flow,
}
if (values.page) process.stdout.write(pageOf(values.page, families))
else await (values.correct ? searchCorrect() : searchFlawed())

function isAskedFor(name: string): boolean {
  return values.only.split(',').some(word => name.includes(word))
}

async function searchFlawed(): Promise<void> {
  let killed = 0
  for (const flaw of chosen) {
    const trial = await tryFlaw(flaw, limits)
    if (trial.fate === 'killed') killed += 1
    process.stdout.write(`${JSON.stringify(trial)}\n`)
  }
  process.stdout.write(`# ${killed} of ${chosen.length} killed by their own clause\n`)
}

async function searchCorrect(): Promise<void> {
  const asked = settings.filter(
    ({ name, warns }, index) =>
      isAskedFor(name) && !warns && !refuses.test(name) && index % parts === part - 1,
  )
  let schedules = 0
  let alarms = 0
  for (const setting of asked) {
    if (setting.peer !== 'broker') continue
    const quiet = await tryCorrect(setting.name, setting.options, limits)
    schedules += quiet.schedules
    alarms += quiet.alarms.length
    process.stdout.write(`${JSON.stringify(quiet)}\n`)
  }
  process.stdout.write(`# ${alarms} alarms in ${schedules} schedules\n`)
}

import { parseArgs } from 'node:util'
import { brokerReceiverFlaws } from '../fixtures/testing/peers/flaws/broker-receiver.ts'
import { brokerSenderFlaws } from '../fixtures/testing/peers/flaws/broker-sender.ts'
import { brokerSessionFlaws } from '../fixtures/testing/peers/flaws/broker-session.ts'
import { beyondReach } from './explore-proof/beyond-reach.ts'
import { tryFlaw } from './explore-proof/try-flaw.ts'

/*
 * npm run explore-proof                    which flaws of the zoo a search without any scenario finds
 * npm run explore-proof -- --only WORD     flaws whose name contains the word
 * --schedules N                            the most for each flaw (default 5000)
 * --budget S                               the most seconds for each flaw (default 120)
 * --mqtt 3.1.1                             only this version, where the flaw shows in it (default: 3.1.1,5.0)
 * --part I/N                               every N-th of them
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    schedules: { type: 'string', default: '5000' },
    budget: { type: 'string', default: '120' },
    mqtt: { type: 'string', default: '3.1.1,5.0' },
    part: { type: 'string', default: '1/1' },
  },
})
const [part = 1, parts = 1] = values.part.split('/').map(Number)
const families = [...brokerReceiverFlaws, ...brokerSenderFlaws, ...brokerSessionFlaws]
const chosen = families
  .filter(({ name, invisible }) => name.includes(values.only) && invisible === undefined)
  .filter(({ name }) => beyondReach(name) === undefined)
  .filter((_, index) => index % parts === part - 1)
let killed = 0
for (const flaw of chosen) {
  const trial = await tryFlaw(flaw, {
    schedules: Number(values.schedules),
    ms: Number(values.budget) * 1000,
    versions: values.mqtt.split(','),
  })
  if (trial.fate === 'killed') killed += 1
  process.stdout.write(`${JSON.stringify(trial)}\n`)
}
process.stdout.write(`# ${killed} of ${chosen.length} killed by their own clause\n`)

import t from 'tap'
import { brokerTarget } from '../../scripts/proof/peers.ts'
import { runLoaded } from '../run/run.ts'
import { loadSuites } from '../scenario/loading/load.ts'

/** Steps that wait longer than a case may stand still, wherever they stand. */
const waits = (steps: string) => `suite: harness/waits
title: Waits
role: client
scenarios:
  - id: waits
    title: It waits
    matrix: { version: [5.0] }
    steps:
      - pub.connect: {}
      - pub.send: PINGREQ
${steps}`

const ways: { [title: string]: string } = {
  'in a branch of oneOf': `
      - oneOf:
          - [{ pub.expect: PINGRESP }, { elapse: { rule: no-resend, s: 1.2 } }]
          - [{ pub.expect: closed }]`,
  'in a loop within a branch': `
      - oneOf:
          - - pub.expect: PINGRESP
            - repeat: { times: 3, do: [{ elapse: { rule: no-resend, s: 0.4 } }] }
          - [{ pub.expect: closed }]`,
}

for (const [title, steps] of Object.entries(ways)) {
  t.test(`a rule about time gives a case the time it takes: ${title}`, async t => {
    const { suites, problems } = loadSuites([{ path: 'waits.yaml', text: waits(steps) }])
    t.same(problems, [])
    const target = await brokerTarget('reference', () => ({}))
    t.teardown(() => target.stop())
    Object.assign(target.profile, { timing: { replyMs: 300, caseMs: 300 } })
    const { results } = await runLoaded(suites[0]!.cases, target, { seed: 1 })
    t.match(results, [{ verdict: 'pass', reason: '' }])
  })
}

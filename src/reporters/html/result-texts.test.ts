import t from 'tap'
import { caseOf, findingOf } from '../../../fixtures/testing/reports/build.ts'
import { everyEvent } from '../../../fixtures/testing/reports/every-event.ts'
import type { CaseResult } from '../../model/report.ts'
import { resultTexts } from './result-texts.ts'

const long = findingOf({ message: 'm'.repeat(2000), got: 'g'.repeat(2000) })

function failing(index: number): CaseResult {
  const more = { findings: [long, long], trace: everyEvent() }
  return caseOf(`many/case-${index}:5.0`, { verdict: 'fail', ...more })
}

const passing = caseOf('many/passes:5.0', { trace: everyEvent() })

t.test('what fails is bounded in a page, and each case tells what is left out of it', async t => {
  const room = { traces: 100_000, texts: 200_000 }
  const texts = resultTexts(
    [passing, ...Array.from({ length: 60 }, (_, index) => failing(index))],
    room,
  )
  t.equal(texts.length, 61)
  const chars = texts.join('').length
  t.ok(chars < 350_000, `${chars} characters`)
  const [passed, first, ...others] = texts.map(text => JSON.parse(text) as CaseResult)
  t.equal(first?.trace.length, everyEvent().length, 'the first has its trace')
  t.equal(first?.notes, undefined)
  const bare = others.find(({ notes }) => notes?.some(note => /^the trace is left out/.test(note)))
  t.equal(bare?.findings.length, 2, 'where traces have no room, findings may')
  t.match(others.at(-1), {
    findings: [{ statement: '5.0:MQTT-4.3.3-10', message: /^m{300}\.\.\. \(1700 more/ }],
    notes: [/all findings but the first are left out of this page/],
  })
  t.equal(others.at(-1)?.findings.length, 1)
  t.same(passed?.trace, [], 'what passed has only the room that is left')
})

t.test('a trace that has no room is not read', async t => {
  let reads = 0
  const lazy = Object.defineProperty({ ...passing }, 'trace', {
    enumerable: true,
    get: () => {
      reads += 1
      return everyEvent()
    },
  })
  const passed = Array.from({ length: 2000 }, () => lazy)
  resultTexts(passed, { traces: 1e9, texts: 1e9 })
  const eventsMax = 30_000
  t.ok(reads <= 2 * Math.ceil(eventsMax / everyEvent().length), `${reads} reads`)
})

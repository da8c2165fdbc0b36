import t from 'tap'
import type { Version } from '../../model/version.ts'
import type { TargetRole } from '../../standard/clauses.ts'
import { judgeWritten } from '../written-trace.ts'

/** What is said when `first` is sent, the connection cut, and `again` sent on the next. */
function said(first: string, again: string, version: Version, target: TargetRole): string[] {
  const [ours, theirs] = target === 'broker' ? ['>', '<'] : ['<', '>']
  const connect = (n: number, sp: string) => `
    ${n}${ours} CONNECT c kept
    ${n}${theirs} CONNACK ${sp}`
  const asked = target === 'broker' ? '> SUBSCRIBE 1 t:2\n< SUBACK 1 codes=2' : ''
  const text = `${connect(1, '')}
    ${asked}
    < PUBLISH ${first}
    cut rst
    ${connect(2, 'sp')}
    < PUBLISH ${again}`
  return judgeWritten(version, target, text).breaches.map(
    ({ statement, expected, got }) => `${statement} ${expected}; ${got}`,
  )
}

t.test('what is sent again is the same packet in everything but DUP', async t => {
  for (const target of ['broker', 'client'] as const) {
    for (const version of ['3.1.1', '5.0'] as const) {
      for (const qos of ['q1', 'q2']) {
        const on = `${target} ${version} ${qos}`
        t.same(said(`7 ${qos} A`, `7 ${qos} dup A`, version, target), [], on)
        t.same(said(`7 ${qos} A retain`, `7 ${qos} dup A retain`, version, target), [], on)
        t.same(
          said(`7 ${qos} A retain`, `7 ${qos} dup A`, version, target),
          [`${version}:MQTT-4.4.0-1 RETAIN 1; RETAIN 0`],
          `${on}: RETAIN is lost`,
        )
      }
    }
    t.same(
      said('7 q2 A pfi=1', '7 q2 dup A', '5.0', target),
      ['5.0:MQTT-4.4.0-1 RETAIN 0, payloadFormatIndicator 1; RETAIN 0'],
      `${target}: a property is lost`,
    )
  }
})

t.test('time and subscriptions may have changed what is sent again', async t => {
  t.same(said('7 q2 A mei=10', '7 q2 dup A mei=8', '5.0', 'broker'), [], 'what is left of its life')
  t.same(said('7 q2 A mei=1', '7 q2 dup A', '5.0', 'broker'), [])
})

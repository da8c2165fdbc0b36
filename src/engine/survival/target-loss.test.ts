import t from 'tap'
import type { CaseResult } from '../../model/report.ts'
import type { Case } from '../../scenario/ast.ts'
import type { Target } from '../../targets/target.ts'
import { TargetLoss } from './target-loss.ts'

const reason = 'ended by SIGABRT'

function lost(role: 'client' | 'broker'): TargetLoss {
  const target = { role, death: () => ({ reason }) } as unknown as Target
  return new TargetLoss(target, new AbortController().signal, undefined)
}

/** A case in which the target closed its connection at 5, with what was found where. */
function failed(...findings: [seq: number, level: string][]): CaseResult {
  return {
    verdict: 'fail',
    durationMs: 10,
    reason: 'got the target closed the connection',
    findings: findings.map(([seq, level]) => ({ seq, level })),
    trace: [
      { kind: 'close', by: 'target', seq: 2 },
      { kind: 'close', by: 'target', seq: 5 },
      { kind: 'step', seq: 6 },
    ],
  } as unknown as CaseResult
}

t.test(
  'a client whose process ended is not failed for the connection that ended with it',
  async t => {
    const {
      verdict,
      reason: why,
      findings,
    } = lost('client').verdictOn(failed([6, 'MUST']), {} as Case, 1)
    t.equal(verdict, 'inconclusive')
    t.match(why, /died in this case.*SIGABRT/)
    t.same(findings, [])
  },
)

t.test('what the client did before its end stands', async t => {
  const { verdict } = lost('client').verdictOn(failed([4, 'MUST'], [6, 'MUST']), {} as Case, 1)
  t.equal(verdict, 'fail')
  const warned = lost('client').verdictOn(failed([4, 'SHOULD'], [6, 'MUST']), {} as Case, 1)
  t.equal(warned.verdict, 'inconclusive')
  t.same(
    warned.findings.map(({ seq }) => seq),
    [4],
  )
})

t.test('a broker that ends fails the case', async t => {
  const kase = { covers: [], version: '5.0' } as unknown as Case
  const result = { ...failed(), verdict: 'pass' as const }
  const { verdict, findings } = lost('broker').verdictOn(result, kase, 3)
  t.equal(verdict, 'fail')
  t.match(findings[0], { statement: '5.0:§4.8', got: reason, message: /3 cases were running/ })
})

t.test(
  'a case is blamed for a deaf broker only if that is deaf when it is asked again',
  async t => {
    const target = { role: 'broker', death: () => undefined } as unknown as Target
    let serves = true
    const loss = new TargetLoss(target, new AbortController().signal, async () => serves)
    loss.noteDeaf()
    t.ok(await loss.since(true), 'the others end')
    t.notOk(await loss.forCertain())
    serves = false
    t.ok(await loss.forCertain())
    t.ok(loss.isDeaf)
  },
)

t.test(
  'a client that dies in case after case is given up, and one that lived on between is not',
  async t => {
    const loss = lost('client')
    const lose = (times: number) => {
      for (let i = 0; i < times; i++) loss.verdictOn(failed(), {} as Case, 1)
    }
    lose(19)
    t.equal(loss.hopeless, undefined)
    loss.survived()
    lose(19)
    t.equal(loss.hopeless, undefined)
    lose(1)
    t.match(loss.hopeless, /died in 20 cases one after another: ended by SIGABRT/)
    const broker = lost('broker')
    const kase = { covers: [], version: '5.0' } as unknown as Case
    for (let i = 0; i < 30; i++) broker.verdictOn(failed(), kase, 1)
    t.equal(broker.hopeless, undefined, 'each end of a broker is a finding')
  },
)

t.test('a client that hangs in case after case is given up before that takes minutes', async t => {
  const loss = lost('client')
  const hang = () => loss.verdictOn({ ...failed(), durationMs: 10_000 }, {} as Case, 1)
  hang()
  hang()
  t.equal(loss.hopeless, undefined)
  loss.survived()
  hang()
  hang()
  t.equal(loss.hopeless, undefined, 'what it lived through between begins anew')
  hang()
  t.match(loss.hopeless, /died in 3 cases one after another/)
})

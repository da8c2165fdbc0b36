import t from 'tap'
import { describeFault, faultsAt } from './fault.ts'

const point = {
  peer: 'broker',
  direction: 'in',
  type: 'PUBREC',
  label: 'm1',
  nth: 1,
  bytes: 0,
  begin: false,
} as const
const client = { role: 'broker', version: '3.1.1', restarts: false } as const

function kindsAt(type: 'PUBREC' | 'CONNECT', power: boolean): string[] {
  return faultsAt({ ...point, type }, { ...client, power }).map(({ kind }) => kind)
}

t.test('the power goes behind every packet of a board, and of nothing else', async t => {
  t.ok(kindsAt('PUBREC', true).includes('power'))
  t.notOk(kindsAt('PUBREC', false).includes('power'))
  // Before it is up there is nothing that could be lost.
  t.notOk(kindsAt('CONNECT', true).includes('power'))
  t.equal(describeFault({ kind: 'power' }), 'power behind')
})

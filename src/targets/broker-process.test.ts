import t from 'tap'
import { startBroker } from './broker-process.ts'
import type { Profile } from './profile.ts'

const profile = (command: string[]): Profile => ({
  name: 'absent',
  role: 'broker',
  versions: ['3.1.1'],
  start: { command },
  install: 'apt-get install $here/absent',
})

t.test('a broker that is not there is named with how to get it', async t => {
  for (const command of [['no-such-broker'], ['node', '--eval', 'process.exit(3)']]) {
    await t.rejects(startBroker(profile(command), { here: '/shelf', budgetMs: 2000 }), {
      name: 'TargetError',
      message: /\nto get it: apt-get install \/shelf\/absent$/,
    })
  }
})

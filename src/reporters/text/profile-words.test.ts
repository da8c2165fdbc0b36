import t from 'tap'
import { caseOf, reportOf } from '../../../fixtures/testing/reports/build.ts'
import type { ProfileOutcome } from '../../model/report.ts'
import { createReporter, type ReporterName } from '../index.ts'
import { parseReport } from '../reading/parse-report.ts'

const profile: ProfileOutcome = {
  name: 'device-advisor',
  outcome: 'fail',
  parts: [
    { name: 'connect', title: 'Connects', outcome: 'pass', cases: 4, failed: [] },
    {
      name: 'publish-retry',
      title: 'Publishes again without PUBACK',
      outcome: 'fail',
      cases: 1,
      failed: ['client/manners/publish-retried:3.1.1'],
      contradicts: '5.0:MQTT-4.4.0-1 forbids it',
    },
    { name: 'session', title: 'Comes back', outcome: 'not run', cases: 0, failed: [] },
  ],
}

const written = async (name: ReporterName) =>
  (await createReporter(name)).end(reportOf([caseOf('a/b:5.0')], { exitCode: 1, profile }))

t.test(
  'each part of a profile is told with pass or fail, and what it asks against the standard',
  async t => {
    const pretty = await written('pretty')
    t.match(pretty, /^profile +device-advisor: fail, 1 of 3 parts$/m)
    t.match(pretty, /^✗ the profile device-advisor is not passed$/m)
    t.match(pretty, /^ {2}pass +Connects: 4 cases$/m)
    t.match(pretty, /^ {2}fail +Publishes again without PUBACK: 1 case, 1 failed:/m)
    t.match(
      pretty.replace(/\n\s+/g, ' '),
      /publish-retried:3\.1\.1 \(5\.0:MQTT-4\.4\.0-1 forbids it\)/,
    )
    t.match(pretty, /^ {2}not run +Comes back: 0 cases$/m)
    const markdown = await written('markdown')
    t.match(markdown, /Profile device-advisor: fail, 1 of 3 parts/)
    t.match(markdown, /\| ❌ fail \| Publishes again without PUBACK \|/)
    t.match(markdown, /\| ✅ pass \| Connects \| 4 cases \|/)
  },
)

t.test('the JSON report holds the profile, and is read again', async t => {
  const parsed = parseReport(await written('json'))
  t.same(typeof parsed === 'string' ? parsed : parsed.profile, profile)
})

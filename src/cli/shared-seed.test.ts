import t from 'tap'
import { sharedSeed } from './shared-seed.ts'

t.test('the jobs of one pipeline have one seed, another pipeline another', async t => {
  const first = sharedSeed({ GITHUB_RUN_ID: '17', GITHUB_JOB: 'one' })
  t.equal(sharedSeed({ GITHUB_RUN_ID: '17', GITHUB_JOB: 'two' }), first)
  t.not(sharedSeed({ GITHUB_RUN_ID: '18' }), first)
  t.not(sharedSeed({ CI_PIPELINE_ID: '18' }), first)
  t.ok(first >= 0 && first <= 4_294_967_295 && Number.isInteger(first))
})

t.test('without a pipeline it is always the same', async t => {
  t.equal(sharedSeed({}), sharedSeed({ GITHUB_RUN_ID: '' }))
})

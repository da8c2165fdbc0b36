import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { scriptedAedes } from '../../fixtures/testing/peers/scripted-aedes.ts'
import { run } from './run.ts'

/* Aedes behind a door that a subscription to one of two topics shuts for good: the process lives on and answers nobody. */
const deaf = `
const { appendFileSync } = await import('node:fs')
appendFileSync(process.argv[3] + '/starts', '.')
let deaf = false
broker.on('subscribe', filters => { deaf ||= filters.some(({ topic }) => /\u65e5| /.test(topic)) })
createServer(socket => (deaf ? socket.resume() : broker.handle(socket))).listen(port, '127.0.0.1')
`

const suites = ['topics/matching/unusual-topics:3.1.1*']

t.test('a broker that goes deaf is started again, and the case that did it is named', async t => {
  const target = await scriptedAedes(t, 'deaf', deaf)
  const report = await run({ target, suites, jobs: 4, timeoutScale: 0.2 })
  const lost = report.results.filter(({ reason }) => /was lost/.test(reason))
  t.same(
    lost.map(({ id, verdict }) => [id, verdict]),
    [
      ['topics/matching/unusual-topics:3.1.1:tail=cjk', 'fail'],
      ['topics/matching/unusual-topics:3.1.1:tail=blank', 'fail'],
    ],
  )
  t.equal(report.summary.inconclusive, 0, 'the others were asked again')
  t.ok(report.summary.pass > 1)
})

t.test('where one case of a scenario did it the others are tried alone', async t => {
  const target = await scriptedAedes(t, 'deaf', deaf)
  const report = await run({ target, suites, jobs: 1, timeoutScale: 0.2 })
  t.equal(report.summary.fail, 2)
  const starts = await readFile(path.join(path.dirname(target), 'starts'), 'utf8')
  t.equal(starts.length, 4, 'the first, one after the loss, one after each that did it alone')
})

/* Serves nobody any more once ten connections are open: those of four cases, never those of one. */
const crowded = `
let open = 0
let deaf = false
createServer(socket => {
  deaf ||= ++open > 9
  socket.on('close', () => open--)
  if (deaf) socket.resume()
  else broker.handle(socket)
}).listen(port, '127.0.0.1')
`

t.test('a broker that goes deaf of many cases at once is run with fewer', async t => {
  const target = await scriptedAedes(t, 'crowded', crowded)
  const report = await run({
    target,
    suites: ['qos2/broker-receives'],
    jobs: 64,
    timeoutScale: 0.2,
  })
  t.equal(report.summary.inconclusive, 0)
  t.ok(report.summary.pass > 20)
  t.match(
    report.problem,
    /^the target was lost when \d+ cases were running, and no case does it alone: it runs/,
  )
  t.notOk(report.results.some(({ reason }) => /was lost/.test(reason)))
})

/* As the first, and started again it ends. */
const deafAndDone = `
const { existsSync } = await import('node:fs')
if (existsSync(process.argv[3] + '/starts')) process.exit(3)
${deaf}
`

t.test('where a lost broker cannot be started again no further case is begun', async t => {
  const target = await scriptedAedes(t, 'deaf-and-done', deafAndDone)
  const report = await run({ target, suites, jobs: 1, timeoutScale: 0.2 })
  t.same(
    [...new Set(report.results.map(({ verdict }) => verdict))].filter(
      verdict => verdict !== 'skipped',
    ),
    ['inconclusive'],
  )
  t.match(report.results[0], {
    reason: /could not be started again: deaf-and-done ended with exit code 3/,
  })
  t.match(report.problem, /dead at the end of the run/)
})

/* The same, and once it was started it says so and never serves again. */
const deafForGood = `
import { existsSync, writeFileSync } from 'node:fs'
const mark = process.argv[3] + '/started'
if (existsSync(mark)) {
  writeFileSync(process.argv[3] + '/again', '')
  setInterval(() => undefined, 1000)
} else {
  writeFileSync(mark, '')
  ${deaf}
}
`

t.test('an interrupt does not wait for a broker that is being started again', async t => {
  const target = await scriptedAedes(t, 'deaf-for-good', deafForGood, 600)
  const interrupt = new AbortController()
  const watcher = watch(path.dirname(target), (_event, file) => {
    if (file === 'again') interrupt.abort()
  })
  t.teardown(() => watcher.close())
  const { signal } = interrupt
  const report = await run({ target, suites, jobs: 4, timeoutScale: 0.2, signal })
  t.equal(report.results.length, report.summary.pass + report.summary.inconclusive)
  t.match(
    report.results.find(({ verdict }) => verdict === 'inconclusive'),
    { reason: /^interrupted/ },
  )
})

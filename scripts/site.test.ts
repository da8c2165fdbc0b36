import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { everyEvent } from '../fixtures/testing/reports/every-event.ts'
import { hostileReport } from '../fixtures/testing/reports/hostile.ts'
import { failingReport } from '../fixtures/testing/reports/lost-pubrec.ts'
import { type Entry, entryOf, fileOf } from './interop/entry.ts'
import { scoreOf, siteOf } from './site/pages.ts'

const about = {
  role: 'broker',
  date: '2026-11-30',
  command: 'mqttspec run',
  outOfTime: false,
} as const

const kept = fileURLToPath(new URL('../reports/interop/', import.meta.url))
const entries = readdirSync(kept).map(name => ({
  name,
  text: readFileSync(kept + name, 'utf8'),
}))

/** Every address in the pages that leads nowhere. */
function deadLinks(files: ReturnType<typeof siteOf>): string[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]))
  return files.flatMap(file =>
    [...file.text.matchAll(/href="([^"]*)"/g)].flatMap(([, href = '']) => {
      const [to = '', anchor = ''] = href.split('#')
      const target = to === '' ? file.path : path.posix.join(path.posix.dirname(file.path), to)
      const text = texts.get(target)
      const isThere = text !== undefined && (anchor === '' || text.includes(`id="${anchor}"`))
      return isThere ? [] : [`${file.path} → ${href}`]
    }),
  )
}

t.test('each red cell leads to a ladder, and every link somewhere', async t => {
  const report = failingReport()
  for (const result of report.results) if (result.trace.length === 0) result.trace = everyEvent()
  const entry = entryOf(report, { ...about, name: 'a-broker', version: '1.2' })
  t.ok(entry.broken.length > 0 && entry.broken.every(({ ladder }) => ladder.length > 3))
  const files = siteOf([entry])
  t.same(deadLinks(files), [])
  const matrix = files.find(one => one.path === 'brokers.html')?.text ?? ''
  const red = [...matrix.matchAll(/<td class="(?:bad|so-so)"><a href="([^"]+)"/g)]
  t.equal(red.length, entry.broken.length)
  const page = files.find(one => one.path === 'targets/a-broker.html')?.text ?? ''
  for (const [, href = ''] of red) {
    const section = page.slice(page.indexOf(`id="${href.split('#')[1]}"`))
    t.match(
      section.slice(0, section.indexOf('</section>')),
      /<pre>[^<\n]+ms [^<\n]+\n[^<\n]+\n[^<]*<\/pre>/,
    )
  }
})

t.test('where only failures were kept of a run, no number of what held is made up', async t => {
  const { met, ...kept } = entryOf(failingReport(), { ...about, name: 'old', version: '1.0' })
  t.ok(met)
  t.same(scoreOf(kept), { met: 0, tested: 0, broken: 3 })
  const files = siteOf([kept, { ...kept, name: 'clean', broken: [] }])
  const index = files.find(one => one.path === 'index.html')?.text ?? ''
  t.match(index, '<td class="bad number">3 broken</td><td class="number"></td>')
  t.match(index, '<td class="good number">none broken</td>')
  t.match(files.find(one => one.path === 'badges/old.json')?.text, '"3 statements broken"')
  t.same(deadLinks(files), [])
})

t.test('versions stand in their order, with what one mended and another broke', async t => {
  const make = (version: string, broken: Entry['broken'], date: string): Entry => ({
    ...entryOf(failingReport(), { ...about, name: 'x', version, date }),
    broken,
  })
  const { broken } = make('1', [], '')
  t.same(broken, [])
  const some = entryOf(failingReport(), { ...about, name: 'x', version: '1' }).broken
  const files = siteOf([make('2.9', some, '2026-01-01'), make('2.10', [], '2026-02-01')])
  const page = files.find(one => one.path === 'targets/x.html')?.text ?? ''
  t.ok(page.indexOf('>2.10<') < page.indexOf('>2.9<'), '2.10 is newer than 2.9')
  t.match(page, `mended ${some.map(({ statement }) => statement).join(', ')}`)
})

t.test('what a target wrote makes no element', async t => {
  const entry = entryOf(hostileReport(), { ...about, name: '<img src=x>', version: '"><script>' })
  const files = siteOf([entry])
  for (const { path: name, text } of files.filter(one => one.path.endsWith('.html'))) {
    t.notMatch(text, /<(script|img|iframe|object|form)[ >]/, name)
    t.notMatch(text, /<[^>]*\son\w+=/, name)
  }
  t.same(deadLinks(files), [])
  t.notMatch(fileOf(entry).replace(entry.name, ''), /[/"<>]/)
})

t.test('a badge is what shields.io reads', async t => {
  const entry = entryOf(failingReport(), { ...about, name: 'b', version: '1' })
  const badge = siteOf([entry]).find(one => one.path === 'badges/b.json')?.text ?? ''
  const { met, tested } = scoreOf(entry)
  t.match(JSON.parse(badge), { schemaVersion: 1, message: `${met}/${tested} statements` })
})

t.test('what is kept of each run is small, and holds no place of a machine', async t => {
  t.ok(entries.length > 0)
  for (const { name, text } of entries) {
    const entry = JSON.parse(text) as Entry
    t.equal(fileOf(entry), name)
    t.ok(text.length < 250_000, `${name}: ${text.length} characters`)
    t.notMatch(text, /\/(home|root|work|tmp)\//, name)
  }
  t.same(deadLinks(siteOf(entries.map(({ text }) => JSON.parse(text) as Entry))), [])
})

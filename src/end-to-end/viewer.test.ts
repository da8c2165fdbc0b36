import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { chromium, openPage, type Page } from '../../fixtures/testing/browser.ts'
import { caseOf, findingOf, reportOf } from '../../fixtures/testing/reports/build.ts'
import { everyEvent } from '../../fixtures/testing/reports/every-event.ts'
import { hostileReport } from '../../fixtures/testing/reports/hostile.ts'
import { failingReport } from '../../fixtures/testing/reports/lost-pubrec.ts'
import type { RunReport } from '../model/report.ts'
import { emptyViewer } from '../reporters/html.ts'
import { createReporter } from '../reporters/index.ts'

const html = await createReporter('html')
const json = await createReporter('json', { traces: 'all' })
const browser = chromium()

async function shown(page: Page, text: string, hash = ''): Promise<void> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'mqttspec-viewer-'))
  const file = path.join(dir, 'report.html')
  await writeFile(file, text)
  await page.open(`${pathToFileURL(file)}${hash}`)
  await page.until("performance.getEntriesByName('shown').length > 0")
  await rm(dir, { recursive: true, force: true })
}

const text = (selector: string) => `document.querySelector(${JSON.stringify(selector)})?.innerText`
const go = (hash: string) => `location.hash = ${JSON.stringify(hash)}`
const number = (selector: string) => `document.querySelectorAll(${JSON.stringify(selector)}).length`

function many(): RunReport {
  return reportOf(
    Array.from({ length: 2000 }, (_, index) =>
      caseOf(`many/case-${index}:5.0`, {
        trace: everyEvent(),
        ...(index % 10 === 0
          ? { verdict: 'fail' as const, findings: [findingOf({ seq: 3 })] }
          : {}),
      }),
    ),
  )
}

t.test(
  'the viewer in a browser',
  { skip: browser ? false : 'no browser on this machine' },
  async t => {
    t.setTimeout(120_000)
    const page = await openPage(browser ?? '')
    t.teardown(() => page.close())

    await t.test('the overview leads to the causes, cases and statements', async t => {
      const report = failingReport()
      await shown(page, html.end(report))
      t.match(await page.value(text('.headline')), /1 MUST is broken/)
      t.match(await page.value(text('.score')), /MUST \d+\/\d+/)
      t.ok(await page.value<number>(number('.tile')), 'a map of the standard')
      const failed = report.results.filter(one => one.verdict === 'fail').map(one => one.id)
      await page.value(`document.querySelector('.causes .code').click()`)
      await page.until(`document.querySelector('.case-page')`)
      t.ok(failed.includes(await page.value(text('.case-page h1 .code'))))
      t.ok(await page.value<number>(number('.ladder .arrow')), 'the ladder is drawn')
      t.ok(await page.value<number>(number('.ladder .said')), 'and what was found stands in it')
      await page.value(`document.querySelector('.finding a').click()`)
      await page.until(`document.querySelector('blockquote')`)
      t.match(await page.value('location.hash'), /^#\/statement\/5\.0%3AMQTT/)
      t.match(await page.value(text('main')), /Broken in/)
    })

    await t.test('a case has an address of its own', async t => {
      const report = failingReport()
      const { id } = report.results.find(one => one.verdict === 'fail')!
      await shown(page, html.end(report), `#/case/${encodeURIComponent(id)}`)
      t.equal(await page.value(text('.case-page h1 .code')), id)
    })

    await t.test('bytes have names, and a click copies them', async t => {
      await page.value(
        `navigator.clipboard.writeText = hex => { window.copied = hex; return Promise.resolve() }`,
      )
      await page.value(
        `document.querySelector('.ladder .has-bytes').dispatchEvent(new MouseEvent('click', { bubbles: true }))`,
      )
      await page.until('window.copied')
      t.match(await page.value('window.copied'), /^[0-9a-f]+$/, 'the packet as hex')
      await page.until(`document.querySelector('.bytes .part')`)
      t.match(await page.value(text('.bytes')), /[A-Z]+, flags [01]{4}/)
      t.match(await page.value(text('.bytes')), /remaining length: \d+/)
    })

    await t.test(
      'an unstable case shows both runs, a case of the proof what it caught',
      async t => {
        const once = findingOf({ seq: 3, message: 'PUBREC came twice' })
        const report = reportOf([
          caseOf('a/flips:5.0', {
            verdict: 'unstable',
            reason: 'failed once in 3 runs',
            trace: everyEvent(),
            first: {
              verdict: 'fail',
              reason: once.message,
              durationMs: 5,
              findings: [once],
              trace: everyEvent(),
              beside: [],
            },
          }),
          caseOf('a/kills:5.0', { kills: 7, about: 'A story\nof two lines.' }),
          caseOf('a/plain:5.0'),
        ])
        await shown(page, html.end(report), '#/case/a%2Fflips%3A5.0')
        t.match(await page.value(text('main')), /AT FIRST[\s\S]*RUN AGAIN/i)
        t.equal(await page.value(number('.ladder')), 2, 'a ladder for each')
        t.match(await page.value(text('main')), 'PUBREC came twice')
        await page.value(go('#/case/a%2Fkills%3A5.0'))
        await page.until(`/7 flaws of the proof/.test(${text('main')})`)
        t.equal(await page.value(text('.about')), 'A story of two lines.')
        await page.value(go('#/case/a%2Fplain%3A5.0'))
        await page.until(`/a\\/plain/.test(${text('.case-page h1')})`)
        t.notMatch(await page.value(text('main')), 'of the proof')
        await page.value(go('#/cases?show=unstable'))
        await page.until(`/a\\/flips/.test(${text('.cases li')})`)
        t.equal(await page.value(number('.cases li')), 1)
      },
    )

    await t.test(
      'a report of 2,000 cases is there within a second, and can be searched',
      async t => {
        await shown(page, html.end(many()))
        const ms = await page.value<number>("performance.getEntriesByName('shown')[0].startTime")
        // Ten commands may run beside this one; alone it is a fifth of that.
        t.ok(ms < 5000, `${Math.round(ms)} ms`)
        t.comment(`shown after ${Math.round(ms)} ms`)
        await page.press('/')
        await page.until(`document.activeElement?.id === 'search'`)
        for (const key of 'case-19') await page.press(key)
        await page.until(`/^111 of 2000/.test(${text('[role=status]')})`)
        await page.value(go('#/cases?show=fail'))
        await page.until(`/^200 of 2000/.test(${text('[role=status]')})`)
        t.equal(await page.value(number('.cases li')), 200)
      },
    )

    await t.test('the keyboard goes from failure to failure', async t => {
      await page.value(go('#/case/many%2Fcase-10%3A5.0'))
      await page.until(`document.querySelector('.case-page')`)
      await page.press('j')
      await page.until(`location.hash.includes('case-20')`)
      await page.press('k')
      await page.until(`location.hash.includes('case-10')`)
      t.pass()
    })

    await t.test('hostile text is read and makes nothing', async t => {
      page.complaints.length = 0
      const report = hostileReport()
      await shown(page, html.end(report))
      for (const hash of [
        '#/causes',
        '#/cases',
        '#/statements',
        ...report.results.map(
          one => `#/case/${encodeURIComponent(one.id.replace(/\p{Cs}/gu, '\ufffd'))}`,
        ),
      ]) {
        await page.value(go(hash))
        await page.value(
          'new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))',
        )
        const made = await page.value<number>(
          number(
            'main script, main img, main iframe, main link, main object, main b:not(.bytes b, .score b), [onclick], [onerror], [onload]',
          ),
        )
        t.equal(made, 0, hash.slice(0, 60))
        t.notMatch(
          await page.value<string>('document.querySelector("main").innerText'),
          /\u202e|\ufeff/,
        )
      }
      t.same(page.complaints, [])
    })

    await t.test(
      'a report is opened by dropping it, plain or packed; anything else is refused in words',
      async t => {
        await shown(page, emptyViewer())
        t.match(await page.value(text('.welcome')), /Drop a report here/)
        const drop = (bytes: Buffer | string, name: string) =>
          page.value(`(() => {
        const bytes = Uint8Array.from(atob(${JSON.stringify(Buffer.from(bytes).toString('base64'))}), char => char.charCodeAt(0))
        const given = new DataTransfer()
        given.items.add(new File([bytes], ${JSON.stringify(name)}))
        dispatchEvent(new DragEvent('drop', { dataTransfer: given, cancelable: true }))
      })()`)
        await drop('{"no": "report"}', 'other.json')
        await page.until(`document.querySelector('.problem')`)
        t.match(await page.value(text('.problem')), /other.json: this is no report/)
        await drop(gzipSync(json.end(failingReport())), 'report.json.gz')
        await page.until(`document.querySelector('.headline')`)
        t.notOk(await page.value(number('.problem')))
        await page.value(go('#/cases'))
        await drop(json.end(reportOf([caseOf('a/b:5.0')])), 'report.json')
        await page.until(`/conformant/.test(${text('.headline')})`)
        t.pass('and another one after it')
      },
    )

    await t.test('it fits a phone, turns dark, and prints', async t => {
      const report = failingReport()
      const { id } = report.results.find(one => one.verdict === 'fail')!
      await shown(page, html.end(report), `#/case/${encodeURIComponent(id)}`)
      await page.look({ width: 390 })
      const wide = await page.value<number>('document.documentElement.scrollWidth')
      t.ok(wide <= 390, `${wide} pixels of 390`)
      const paper = 'getComputedStyle(document.body).backgroundColor'
      t.equal(await page.value(paper), 'rgb(255, 255, 255)')
      await page.look({ width: 1000, dark: true })
      t.equal(await page.value(paper), 'rgb(20, 24, 29)')
      await page.look({ width: 1000, dark: true, print: true })
      t.equal(await page.value(paper), 'rgb(255, 255, 255)')
      t.equal(
        await page.value(`getComputedStyle(document.querySelector('nav.main')).display`),
        'none',
      )
      const pdf = await page.pdf()
      t.ok(pdf.subarray(0, 5).toString() === '%PDF-' && pdf.length > 10_000)
    })
  },
)

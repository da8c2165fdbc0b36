import { render } from 'preact'
import { useEffect, useLayoutEffect, useState } from 'preact/hooks'
import { visible } from '../../text/visible.ts'
import { CasePage } from './case-page.tsx'
import { Cases } from './cases.tsx'
import { Causes } from './causes.tsx'
import { Overview } from './overview.tsx'
import { type ReportData, readReport, unpacked } from './report-data.ts'
import { type Route, routeOf } from './route.ts'
import { StatementPage, Statements } from './statements.tsx'

function Viewer({ given }: { given: ReportData | undefined }) {
  const [data, setData] = useState(given)
  const [problem, setProblem] = useState('')
  const [route, setRoute] = useState(() => routeOf(location.hash))
  // Before the page is drawn: an effect comes behind the drawing, and what is pressed between the two would be lost.
  useLayoutEffect(() => {
    const turn = () => setRoute(routeOf(location.hash))
    addEventListener('hashchange', turn)
    return () => removeEventListener('hashchange', turn)
  }, [])
  useLayoutEffect(() => takeKeys(), [])
  const open = async (file: File) => {
    try {
      setData(readReport(await unpacked(new Uint8Array(await file.arrayBuffer()))))
      setProblem('')
      location.hash = '#/'
    } catch (error) {
      setProblem(`${file.name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  useLayoutEffect(() => takeDrops(open), [])
  useEffect(() => {
    document.title = data
      ? `mqttspec: ${visible(data.report.target.name, 100)}`
      : 'mqttspec: open a report'
    const anchor =
      route.page === 'causes' && route.name ? document.getElementById(route.name) : null
    if (anchor) anchor.scrollIntoView()
    else if (route.page !== 'cases') scrollTo(0, 0)
  }, [route, data])
  return (
    <>
      <nav class="main">
        <a class="home" href="#/">
          {data ? visible(data.report.target.name, 60) : 'mqttspec'}
        </a>
        {data &&
          (['causes', 'cases', 'statements'] as const).map(page => (
            <a
              key={page}
              href={`#/${page}`}
              aria-current={route.page === page ? 'page' : undefined}
            >
              {page}
            </a>
          ))}
        <label class="open quiet">
          open…
          <input
            type="file"
            accept=".json,.gz"
            onChange={event => {
              const file = event.currentTarget.files?.[0]
              if (file) void open(file)
            }}
          />
        </label>
      </nav>
      <main>
        {problem !== '' && (
          <p class="problem" role="alert">
            {visible(problem, 500)}
          </p>
        )}
        {data ? <Page data={data} route={route} /> : <Welcome />}
      </main>
    </>
  )
}

function Page({ data, route }: { data: ReportData; route: Route }) {
  switch (route.page) {
    case 'overview':
      return <Overview data={data} />
    case 'causes':
      return <Causes data={data} name={route.name} />
    case 'cases':
      return <Cases data={data} {...route} />
    case 'case':
      return <CasePage data={data} id={route.id} key={route.id} />
    case 'statements':
      return <Statements data={data} section={route.section} />
    case 'statement':
      return <StatementPage data={data} id={route.id} />
  }
}

function Welcome() {
  return (
    <section class="welcome">
      <h1>Drop a report here</h1>
      <p>
        A file of <code>mqttspec run --reporter json=FILE</code>, also packed by gzip. Nothing
        leaves this page.
      </p>
    </section>
  )
}

/** `/` searches, `j` and `k` go to the next case and the one before, `c` to causes, `g` to the overview. */
function takeKeys(): () => void {
  const onKey = (event: KeyboardEvent) => {
    const isTyping = event.target instanceof HTMLInputElement
    if (event.key === 'Escape' && isTyping) (event.target as HTMLInputElement).blur()
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return
    const links: { [key: string]: string } = { j: 'after', k: 'before' }
    const link = document.getElementById(links[event.key] ?? '')
    if (link) link.click()
    else if (event.key === 'c') location.hash = '#/causes'
    else if (event.key === 'g') location.hash = '#/'
    else if (event.key === '/') {
      event.preventDefault()
      if (!document.getElementById('search')) location.hash = '#/cases'
      focusSearch()
    }
  }
  addEventListener('keydown', onKey)
  return () => removeEventListener('keydown', onKey)
}

/** The page has to be there before anything on it can have the focus; a long one may take its time, five seconds at most. */
function focusSearch(tries = 100): void {
  const search = document.getElementById('search')
  if (search) search.focus()
  else if (tries > 0) setTimeout(() => focusSearch(tries - 1), 50)
}

function takeDrops(open: (file: File) => unknown): () => void {
  const over = (event: DragEvent) => {
    event.preventDefault()
    document.body.classList.add('dropping')
  }
  const leave = () => document.body.classList.remove('dropping')
  const drop = (event: DragEvent) => {
    event.preventDefault()
    leave()
    const file = event.dataTransfer?.files[0]
    if (file) open(file)
  }
  addEventListener('dragover', over)
  addEventListener('dragleave', leave)
  addEventListener('drop', drop)
  return () => {
    removeEventListener('dragover', over)
    removeEventListener('dragleave', leave)
    removeEventListener('drop', drop)
  }
}

async function embedded(): Promise<ReportData | undefined> {
  const text = document.getElementById('report')?.textContent?.trim() ?? ''
  if (text === '') return undefined
  const bytes = Uint8Array.from(atob(text), char => char.charCodeAt(0))
  return readReport(await unpacked(bytes))
}

const root = document.getElementById('viewer')
if (root) {
  void embedded().then(given => {
    root.textContent = ''
    render(<Viewer given={given} />, root)
    performance.mark('shown')
  })
}

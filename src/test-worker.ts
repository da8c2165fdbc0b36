import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { forgetSecrets } from './model/secrets.ts'
import { keepSuites } from './run/choice/choose-suites.ts'

/*
 * Runs test files one after the other, as it is sent their names: starting a process and loading what all of them import costs more than
 * most files do. Each file's end is told when all its tests are over, in the stream of its output.
 *
 * The run as a whole must not end between two files. So behind the tests of each file stands one more, a gate: it is begun when they are
 * over, and lasts until the next file has told its own tests.
 */

/** After so long at the end what is still open was left by a test. */
const heldMs = 10_000

// Nearly every second file reads all suites, which takes 2 s of a processor.
keepSuites()

// The limits are the parent's: a file that hangs is ended by it together with this process.
t.setTimeout(60 * 60 * 1000)

/** Ends the gate that is waited at. */
let pass = gate(() => {})

process.on('message', async (file: string) => {
  const { pass: passed, fail: failed, skip: skipped, todo: todos } = { ...t.counts }
  const before = process.cpuUsage()
  forgetSecrets()
  const childrenBefore = childrenCpuS()
  await import(pathToFileURL(file).href).catch(error => t.fail(`${file}: ${error}`, error))
  const passBefore = pass
  pass = gate(() => {
    const { pass, fail, skip, todo } = t.counts
    const { user, system } = process.cpuUsage(before)
    // The gate before has passed since, too, and what stands before this one.
    const counts = {
      pass: pass - passed - 2,
      fail: fail - failed,
      skip: skip - skipped + todo - todos,
      cpuS: (user + system) / 1e6,
      childrenCpuS: childrenCpuS() - childrenBefore,
    }
    process.stdout.write(`\n# end of file ${JSON.stringify(counts)}\n`)
  })
  passBefore()
})
// The channel alone does not keep the process from ending while it waits for a name.
const alive = setInterval(() => {}, 60_000)
process.once('disconnect', () => {
  clearInterval(alive)
  pass()
  // Comes only when nothing holds the process any more.
  process.once('beforeExit', () => process.stdout.write('\n# nothing is open\n'))
  setTimeout(tellWhatIsOpen, heldMs).unref()
})

/**
 * Behind one more test, that is over at once: what stands directly before a test, which may be that a file could not be loaded, is counted
 * only when that test is over.
 */
function gate(onReached: () => void): () => void {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  void t.test('end of a file', () => Promise.resolve())
  void t.test('files', () => {
    onReached()
    return opened
  })
  return open
}

/** What the processes that this one started, and that have ended, took of the processor; only Linux tells. */
function childrenCpuS(): number {
  if (process.platform !== 'linux') return 0
  // The fields behind the name, which may hold anything: the 14th and 15th of them, in hundredths of a second.
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[13]) + Number(fields[14])) / 100
}

/** Only Node itself knows what keeps a process alive, and shows it by an undocumented function. */
function tellWhatIsOpen(): void {
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles(): object[] }
  const names = handles.call(process).map(handle => {
    const { localPort, remotePort, spawnargs, listening, destroyed } = handle as {
      [name: string]: unknown
    }
    const facts = { localPort, remotePort, spawnargs, listening, destroyed }
    return `${handle.constructor.name} ${JSON.stringify(facts)}`
  })
  const resources = process.getActiveResourcesInfo()
  process.stderr.write(
    `# open: ${resources.join(' ')}\n${names.map(name => `#   ${name}\n`).join('')}`,
  )
}

/*
 * node guard-process.js MARKER: ends what another process started when that one is gone, however it went: SIGKILL leaves nobody time for it.
 *
 * It is told by lines on its standard input, `process PID`, `ended PID`, `folder NAME`, `removed NAME`, and does its work when that ends,
 * which the system sees to. On Linux the environment of every process that was started holds MARKER, so that those are found too that
 * left their group, their session or their parent. Plain JavaScript, since no loader should stand between it and its task.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'

const [marker = ''] = process.argv.slice(2)
const groups = new Set()
const folders = new Set()
let rest = ''

// Ctrl-C is for whoever we watch; we go when it has gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)

process.stdin.setEncoding('utf8')
process.stdin.on('data', text => {
  const lines = (rest + text).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) hear(line)
})
process.stdin.on('error', () => undefined)
process.stdin.on('close', () => {
  for (const pid of groups) killGroup(pid)
  // What is being started while we look is found the next time.
  for (let round = 0; round < 20 && killMarked() > 0; round++);
  for (const folder of folders) remove(folder)
})

function hear(line) {
  const at = line.indexOf(' ')
  const what = line.slice(at + 1)
  switch (line.slice(0, at)) {
    case 'process':
      return groups.add(Number(what))
    case 'ended':
      return groups.delete(Number(what))
    case 'folder':
      return folders.add(what)
    case 'removed':
      return folders.delete(what)
  }
}

function killGroup(pid) {
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' })
  } else kill(-pid)
}

/** Kills all that bears the marker, and tells how many there were. */
function killMarked() {
  if (marker === '' || process.platform !== 'linux') return 0
  const found = readdirSync('/proc').filter(name => /^\d+$/.test(name) && isMarked(name))
  for (const pid of found) kill(Number(pid))
  return found.length
}

function isMarked(pid) {
  try {
    return (
      readFileSync(`/proc/${pid}/environ`, 'latin1').includes(marker) &&
      !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
    )
  } catch {
    return false
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

function remove(folder) {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  } catch {
    // Somebody still holds it; the next run sweeps it away.
  }
}

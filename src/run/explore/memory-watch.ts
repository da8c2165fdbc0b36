import { readFileSync } from 'node:fs'

/** How often it looks, in ms. */
const lookEveryMs = 1000

type Seen = { first: number; last: number; most: number }

/** Watches over a long search what memory this process and the target's take, where the system tells (Linux). */
export class MemoryWatch {
  private readonly seen = new Map<string, Seen>()
  private readonly processes: ReadonlyMap<string, () => number | undefined>
  private readonly timer: NodeJS.Timeout

  /** @param processes ids by name, asked anew each time: a target may be restarted */
  constructor(processes: ReadonlyMap<string, () => number | undefined>) {
    this.processes = processes
    this.look()
    this.timer = setInterval(() => this.look(), lookEveryMs)
  }

  /** Looks for the last time. A line for each process: `mosquitto took 6.1 MB at first, 6.4 MB in the end, 6.4 MB at most`. */
  stop(): string[] {
    clearInterval(this.timer)
    this.look()
    return [...this.processes.keys()].map(name => {
      const seen = this.seen.get(name)
      if (!seen)
        return `the memory of ${name} is not known: we did not start it, or the system does not tell`
      const { first, last, most } = seen
      return `${name} took ${inMb(first)} at first, ${inMb(last)} in the end, ${inMb(most)} at most`
    })
  }

  private look(): void {
    for (const [name, idOf] of this.processes) {
      const id = idOf()
      const bytes = id === undefined ? undefined : residentBytes(id)
      if (bytes === undefined) continue
      const { first = bytes, most = bytes } = this.seen.get(name) ?? {}
      this.seen.set(name, { first, last: bytes, most: Math.max(most, bytes) })
    }
  }
}

/** What of a process lies in memory; undefined where it is gone or nobody tells. */
function residentBytes(id: number): number | undefined {
  if (id === process.pid) return process.memoryUsage.rss()
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    return undefined
  }
}

function inMb(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

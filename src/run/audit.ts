import { CaptureError } from '../capture/capture-error.ts'
import type { Frame } from '../capture/frame.ts'
import { FrameReader } from '../capture/frame-reader.ts'
import { segmentOf } from '../capture/segment.ts'
import { TcpStreams } from '../capture/tcp-streams.ts'
import type { RunReport } from '../model/report.ts'
import { adviceFor, isSystemError } from '../model/text/system-error.ts'
import { Observer } from '../observe/observer.ts'
import { openNamedFile } from '../targets/named-file.ts'
import { reportOfTraffic } from './report/report-of-traffic.ts'
import { UsageError } from './usage-error.ts'

export type AuditOptions = {
  /** A pcap or pcapng file. */
  file: string
  /** The broker as `host:port` or `:port`; without it every connection that turns out to be MQTT is judged. */
  broker?: string
  /** What is owed for longer is held against who owes it. Default 10 s. */
  patienceMs?: number
  strict?: boolean
  replay?: string
  signal?: AbortSignal
}

/**
 * Judges recorded traffic: both sides of every MQTT connection in a capture. Rejects with UsageError where the file cannot be read at all;
 * of one that is damaged further on the rest is reported as missing.
 */
export async function audit(options: AuditOptions): Promise<RunReport> {
  const began = Date.now()
  const clock = performance.now()
  const { file, broker, patienceMs = 10_000, replay = 'mqttspec audit' } = options
  const observer = new Observer({ patienceMs, ...(broker === undefined ? {} : { broker }) })
  const capture = new Capture(observer, broker)
  const problem = await capture.read(file, options.signal)
  observer.end()
  return reportOfTraffic({
    observer,
    suite: 'audit',
    replay,
    startedAtMs: capture.firstMs || began,
    durationMs: performance.now() - clock,
    remarks: [...(problem === undefined ? [] : [problem]), ...capture.remarks()],
    strict: options.strict,
    source: file,
  })
}

/** From the frames of a file to the bytes of its connections. */
class Capture {
  firstMs = 0
  private frames = 0
  private readonly left = { fragment: 0, 'unknown link': 0 }
  private readonly observer: Observer
  private readonly streams: TcpStreams

  constructor(observer: Observer, broker: string | undefined) {
    this.observer = observer
    const known = broker === undefined || broker.startsWith(':') ? [] : [broker]
    this.streams = new TcpStreams({ onStream: stream => observer.open(stream) }, known)
  }

  /** Returns what is wrong with the file from some point on. */
  async read(file: string, signal?: AbortSignal): Promise<string | undefined> {
    const reader = new FrameReader(frame => this.take(frame))
    const { handle } = await openNamedFile(file).catch((error: Error) => {
      throw new UsageError(error.message)
    })
    try {
      for await (const chunk of handle.createReadStream({ highWaterMark: 1024 * 1024 })) {
        reader.push(chunk as Buffer)
        if (signal?.aborted) return 'interrupted: the rest of the capture was not read'
      }
      return reader.end()
    } catch (error) {
      if (error instanceof CaptureError) {
        if (this.frames === 0) throw new UsageError(`${file}: ${error.message}`)
        return `after ${this.frames} frames ${error.message}; what came before was judged`
      }
      if (!isSystemError(error)) throw error
      throw new UsageError(`cannot read ${file}: ${adviceFor(error)}`)
    }
  }

  remarks(): string[] {
    const { fragment, 'unknown link': link } = this.left
    return [
      ...(this.frames === 0 ? ['the capture has no frames'] : []),
      ...(fragment > 0 ? [`${fragment} fragments of IP packets were passed over`] : []),
      ...(link > 0 ? [`${link} frames of a link layer that is not known were passed over`] : []),
      ...(this.streams.dropped > 0
        ? [`${this.streams.dropped} connections were let go of before their end`]
        : []),
    ]
  }

  private take(frame: Frame): void {
    this.frames += 1
    if (this.firstMs === 0) this.firstMs = frame.atMs
    this.observer.turnClock(frame.atMs - this.firstMs)
    const content = segmentOf(frame)
    if (content.kind === 'segment') this.streams.take(content.segment)
    else if (content.kind !== 'other') this.left[content.kind] += 1
  }
}

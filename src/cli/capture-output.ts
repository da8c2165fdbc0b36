import { fileHeader } from '../capture/pcapng-writer.ts'
import { CaptureOfTraces } from '../capture/trace-capture.ts'
import type { CaseResult } from '../model/report.ts'
import { version } from '../run/version.ts'
import { openOutputFile } from './output-file.ts'

export type CaptureOutput = {
  caseDone(result: CaseResult): void
  close(): Promise<void>
}

/** Opens a file for `--pcap`. Cases are written as they end, so that nothing of them is held. Rejects with UsageError. */
export async function openCapture(
  file: string,
  lose: (where: string, why: string) => void,
): Promise<CaptureOutput> {
  const { write, close } = await openOutputFile(file, why => lose(file, why))
  const capture = new CaptureOfTraces()
  write(fileHeader(`mqttspec ${version}`))
  return {
    caseDone: result => {
      const beganMs = Date.now() - result.durationMs
      for (const block of capture.blocks(result, beganMs)) write(block)
    },
    close,
  }
}

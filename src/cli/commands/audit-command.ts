import { hideWills, showSecrets } from '../../model/secrets.ts'
import { audit } from '../../run/audit.ts'
import { hearInterrupts } from '../interrupts.ts'
import type { Io } from '../io.ts'
import { openOutputs } from '../outputs.ts'

type Options = {
  broker?: string
  /** Seconds. */
  patience?: number
  strict?: boolean
  reporter?: string[]
  verbose?: boolean
  showSecrets?: boolean
  hideWills?: boolean
}

/** `mqttspec audit`: judges a capture and reports. Returns the exit code. */
export async function auditCommand(file: string, options: Options, io: Io): Promise<number> {
  if (options.showSecrets) showSecrets()
  if (options.hideWills) hideWills()
  const interrupts = hearInterrupts(io)
  const outputs = await openOutputs(options.reporter ?? [], {
    io,
    verbose: options.verbose ?? false,
    onAlone: () => interrupts.interrupt(),
  })
  const { broker, patience, strict } = options
  try {
    const report = await audit({
      file,
      ...(broker === undefined ? {} : { broker }),
      ...(patience === undefined ? {} : { patienceMs: patience * 1000 }),
      ...(strict === undefined ? {} : { strict }),
      replay: ['mqttspec audit', file, ...(broker === undefined ? [] : ['--broker', broker])].join(
        ' ',
      ),
      signal: interrupts.signal,
    })
    return await outputs.finish(report)
  } finally {
    interrupts.stop()
    await outputs.close()
  }
}

import { spawn } from 'node:child_process'

/** Starts processes that do nothing but compute. They end with this one, also when it is killed: they watch their standard input. */
export function startLoad(count: number): { stop(): void } {
  const spin =
    "process.stdin.on('end', () => process.exit()).resume(); const spin = () => { const end = Date.now() + 50; while (Date.now() < end); setImmediate(spin) }; spin()"
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', spin], { stdio: ['pipe', 'ignore', 'ignore'] }),
  )
  return {
    stop() {
      for (const child of children) child.kill('SIGKILL')
    },
  }
}

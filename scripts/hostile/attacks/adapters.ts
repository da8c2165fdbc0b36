import { fileURLToPath } from 'node:url'
import type { Arena } from '../arena.ts'
import type { Attack } from '../attack.ts'

const script = fileURLToPath(new URL('../adapters/hostile.js', import.meta.url))

/** A profile whose adapter behaves so. */
function profileOf(arena: Arena, behaviour: string): string {
  return arena.file(
    'hostile.yaml',
    [
      'name: hostile',
      'role: client',
      'versions: [3.1.1, 5.0]',
      `adapter: { command: [node, ${JSON.stringify(script)}, ${behaviour}] }`,
      'timing: { replyMs: 1000, reconnectMs: 1000, startMs: 5000 }',
      '',
    ].join('\n'),
  )
}

function adapter(behaviour: string, exits: readonly number[], more: Partial<Attack> = {}): Attack {
  return {
    name: `adapter/${behaviour}`,
    exits,
    play: async arena => {
      const target = profileOf(arena, behaviour)
      const told = await arena.run(['qos2/client-receives', '--target', target])
      return { exitCode: told.code, complaints: arena.missingReports() }
    },
    ...more,
  }
}

/** What it breaks in a case leaves that case without a verdict: exit 4. What it breaks before any case: exit 3. */
export const adapters: Attack[] = [
  adapter('silent', [3]),
  adapter('one-line', [3]),
  adapter('noise', [3]),
  adapter('stderr', [0, 1, 4]),
  // What it tells before it is known to flood is believed: messages that nobody sent were delivered, which a MUST forbids.
  adapter('delivered', [1, 3, 4]),
  adapter('delivered-large', [1, 3, 4]),
  // MQTT.js sends again without DUP, which a case may show before the flood ends it: what was proven stands.
  adapter('delivered-unknown', [1, 3, 4]),
  adapter('closes-stdout', [3, 4]),
  adapter('exits', [3, 4]),
  adapter('hangs', [3, 4]),
  adapter('setsid', [0, 1]),
  adapter('wrong-events', [3, 4], { sample: true }),
]

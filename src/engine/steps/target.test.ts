import t from 'tap'
import type { Scene } from '../scene.ts'
import { targetRunners } from './target.ts'

/** A scene with one application whose board answers each command. */
function sceneOf(told: [string, unknown][]): Scene {
  const command = async (what: string, fields: unknown) => {
    told.push([what, fields])
    return { ok: true }
  }
  const scene = {
    env: { number: (value: number) => value },
    log: { record: () => undefined },
    notes: [],
    apps: new Map([['app', { handle: { command } }]]),
  }
  return scene as unknown as Scene
}

t.test('minutes on a board pass in pieces, each of which is answered in time', async t => {
  const told: [string, unknown][] = []
  await targetRunners['target.advance'](sceneOf(told), { s: 24.5 } as never, {} as never)
  t.same(told, [
    ['advance', { ms: 10_000 }],
    ['advance', { ms: 10_000 }],
    ['advance', { ms: 4500 }],
  ])
})

import type { Schedule } from './schedule.ts'

/**
 * Names one schedule: `4711:0:3:1` is seed 4711, setup 0, three messages, atom 1. More atoms follow with colons.
 * The seed decides what chance does inside a run; the rest is in tables that the passing run of the flow makes.
 */
export function replayId(seed: number, { setup, messages, atoms }: Schedule): string {
  return [seed, setup, messages, ...atoms].join(':')
}

export function parseReplayId(text: string): { seed: number; schedule: Schedule } | undefined {
  if (!/^\d{1,10}(:\d{1,9}){2,16}$/.test(text)) return undefined
  const [seed, setup, messages, ...atoms] = text.split(':').map(Number)
  return { seed: seed!, schedule: { setup: setup!, messages: messages!, atoms } }
}

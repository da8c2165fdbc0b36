import { setTimeout as pass } from 'node:timers/promises'
import type { Arena, Told } from '../arena.ts'
import type { Attack, Played } from '../attack.ts'

/** How long clients attack. */
const seconds = 10
/** `listen` is ended a little later, counted from the first of them: a slow machine takes its time to start them. */
const afterMs = 1500

function clients(behaviour: string, exits: readonly number[], more: Partial<Attack> = {}): Attack {
  return {
    name: `listen/${behaviour}`,
    exits,
    play: async arena => ({
      ...(await against(arena, behaviour)),
      complaints: complaintsOf(arena),
    }),
    ...more,
  }
}

async function against(
  arena: Arena,
  behaviour: string,
  forSeconds = seconds,
  others: { words?: readonly string[]; onPort?(port: string): Promise<unknown> } = {},
): Promise<Played & { told: Told }> {
  let attacked: Promise<string> | undefined
  const told = await arena.listen(['--port', '0', '--for', '45', ...(others.words ?? [])], {
    onStart: child => {
      let said = ''
      child.stdout?.on('data', (text: string) => {
        said += attacked ? '' : text
        const port = /listens on \S+:(\d+)/.exec(said)?.[1]
        if (!port || attacked) return
        const isDone = others.onPort?.(port)
        attacked = arena.peer('peers/clients.ts', port, behaviour, String(forSeconds))
        const over = attacked.then(() => pass(forSeconds * 1000 + afterMs))
        void Promise.all([over, isDone]).then(() => child.kill('SIGINT'))
      })
    },
  })
  await attacked
  return { exitCode: told.code, told }
}

function complaintsOf(arena: Arena): string[] {
  return arena.missingReports()
}

/** A client may wait so long for an answer while others attack: a few turns of theirs, on a machine that does more than this. */
const answerMsMax = 3000

/** Others attack beside a client that does all right, which begins when they are at it: it is served, not slowed, and judged. */
async function besides(
  arena: Arena,
  behaviour: string,
  words: readonly string[] = [],
): Promise<Played> {
  let said: Promise<string> | undefined
  const { exitCode } = await against(arena, behaviour, seconds, {
    words,
    onPort: port => {
      said = pass(2000).then(() => arena.peer('peers/clients.ts', port, 'judged', '20'))
      return said
    },
  })
  const slow = slowIn((await said) ?? '')
  return { exitCode, complaints: [...complaintsOf(arena), ...judgedIn(arena), ...slow] }
}

function slowIn(said: string): string[] {
  if (said === '') return ['the judged client did not get all its answers']
  const { longestMs } = JSON.parse(said) as Served
  return longestMs > answerMsMax ? [`the judged client waited ${Math.round(longestMs)} ms`] : []
}

type Served = { answers: number; longestMs: number }

function judgedIn(arena: Arena): string[] {
  const report = arena.report() as { results?: { id: string; verdict: string }[] } | undefined
  const judged = (report?.results ?? []).find(({ id }) => /\/conduct:.*:judged$/.test(id))
  if (!judged) return ['the judged client was not served']
  return judged.verdict === 'fail' ? ['the judged client failed'] : []
}

/** The judged client is there, passes what it does, and nobody else makes the run red. */
async function strangersJudgeNothing(arena: Arena, behaviour: string): Promise<Played> {
  const { exitCode } = await against(arena, behaviour, 4)
  const report = arena.report() as { results?: { id: string; verdict: string }[] } | undefined
  const complaints = complaintsOf(arena)
  const failed = (report?.results ?? []).filter(({ verdict }) => verdict === 'fail')
  if (failed.length > 0) complaints.push(`${failed.length} failed, such as ${failed[0]?.id}`)
  return { exitCode, complaints }
}

export const listeners: Attack[] = [
  clients('megabytes', [0, 1, 4]),
  clients('megabytes-qos2', [0, 1, 4]),
  clients('tiny', [0, 1, 4]),
  clients('repeated-qos2', [0, 1, 4]),
  clients('retained', [0, 1, 4]),
  clients('deaf-subscriber', [0, 1, 4]),
  clients('never-answers', [0, 1, 4]),
  clients('new-clients', [0, 1, 4]),
  clients('unfinished', [0, 1, 4], { play: arena => besides(arena, 'unfinished') }),
  clients('unfinished-connects', [0, 1, 4], {
    play: arena => besides(arena, 'unfinished-connects'),
  }),
  clients('every-id', [0, 1, 4], { play: arena => besides(arena, 'every-id') }),
  clients('much-wrong', [1]),
  clients('many-filters', [0, 1, 4]),
  clients('many-passwords', [0, 1, 4]),
  clients('distinct', [0, 1, 4]),
  {
    name: 'listen/strangers beside a client',
    exits: [0, 4],
    play: arena => strangersJudgeNothing(arena, 'strangers'),
  },
  {
    name: 'listen/only strangers',
    exits: [4],
    sample: true,
    play: arena => strangersJudgeNothing(arena, 'only-strangers'),
  },
  {
    name: 'listen/500 clients, half of them hostile',
    exits: [0, 1, 4],
    play: arena => besides(arena, 'crowd', ['--host', '0.0.0.0']),
  },
]

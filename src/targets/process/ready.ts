import type { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { Version } from '../../model/version.ts'
import { askConnack } from '../../peers/ask-connack.ts'
import { type Credentials, connectPacket } from '../../peers/connect-packet.ts'
import { tlsProblem } from '../../transport/tls-problem.ts'

/** Between two attempts to reach a broker that is starting; this decides nothing but when we look again. */
const retryMs = 20

export type ReadyOptions = {
  dial(): Promise<Duplex>
  version: Version
  credentials: Credentials
  budgetMs: number
  /** Set when there is no more hope: the process has ended. */
  gaveUp(): string | undefined
}

/** Waits until the broker answers CONNECT by CONNACK. Returns what went wrong, or undefined when it serves. */
export async function waitUntilReady(options: ReadyOptions): Promise<string | undefined> {
  const end = performance.now() + options.budgetMs
  let last = 'no attempt'
  while (performance.now() < end) {
    const hopeless = options.gaveUp()
    if (hopeless) return hopeless
    const left = Math.max(1, end - performance.now())
    const problem = await knock(options, Math.min(left, 5000))
    if (problem === undefined) return undefined
    if (problem.final) return problem.says
    last = problem.says
    await wait(retryMs)
  }
  return `${last}, after ${Math.round(options.budgetMs)} ms of trying`
}

/** What went wrong at one attempt; `final` where no other would end otherwise. */
type Problem = { says: string; final?: true }

/** One CONNECT. Any CONNACK will do: whether it accepts is for the probes to say. */
async function knock(options: ReadyOptions, budgetMs: number): Promise<Problem | undefined> {
  const { dial, version, credentials } = options
  const clientId = `ready${Math.floor(performance.now() * 1000).toString(36)}`.slice(0, 23)
  const connect = connectPacket(version, { clientId, credentials })
  const asked = await askConnack({ dial, connect, version, budgetMs })
  switch (asked.kind) {
    case 'connack':
      return undefined
    case 'no connection':
      return problemOf(asked.why) ?? { says: asked.why }
    case 'closed': {
      const how = asked.ending.how === 'rst' ? 'broke' : 'was closed'
      const says = `the connection ${how} before CONNACK`
      return problemOf(asked.ending.lost ?? '') ?? { says }
    }
    case 'silence':
      return { says: 'no CONNACK' }
    case 'other':
      return { says: 'the answer to CONNECT is no CONNACK' }
  }
}

/** The system lets us open no connection: that does not change while a broker starts. */
const refusals = ['EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']

function problemOf(code: string): Problem | undefined {
  const refused = refusals.includes(code) ? `no connection can be opened: ${code}` : undefined
  const says = refused ?? tlsProblem(code)
  return says === undefined ? undefined : { says, final: true }
}

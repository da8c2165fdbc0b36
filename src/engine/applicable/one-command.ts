import type { Step } from '../../scenario/ast.ts'
import { flatten } from '../../scenario/visit.ts'

/*
 * A client at level 0 is a program that is started once, told everything in its arguments, and says nothing of what it saw.
 * A scenario fits it where the application connects, publishes or subscribes once, and is asked for nothing else.
 */

export type OneCommand = { kind: 'steps'; steps: Step[] } | { kind: 'not drivable'; why: string }

/**
 * The steps of a case as one start of a program: what it is told comes before the connection that it opens by itself, and no
 * step waits to hear from it that it is connected.
 */
export function asOneCommand(steps: Step[]): OneCommand {
  const plain = steps.filter(step => !waitsForConnected(step))
  const why = asksTooMuch(plain)
  if (why) return { kind: 'not drivable', why }
  const connect = plain.findIndex(({ body }) => body.verb === 'app.connect')
  const command = plain.findIndex(isCommand)
  const told = plain[command]
  if (connect < 0 || !told)
    return { kind: 'not drivable', why: 'a program is started to do something' }
  const between = plain.slice(connect + 1, command)
  if (connect > command || !between.every(({ body }) => waitsFor.includes(body.verb))) {
    return {
      kind: 'not drivable',
      why: 'the program does its one thing as soon as it is connected',
    }
  }
  return {
    kind: 'steps',
    steps: [...plain.slice(0, connect + 1), told, ...between, ...plain.slice(command + 1)],
  }
}

/** What may stand between the start of a program and what it does: it is told both at once. */
const waitsFor: readonly Step['body']['verb'][] = ['accept', 'proxy.accept', 'proxy.fault']

function waitsForConnected({ body }: Step): boolean {
  return body.verb === 'app.expect' && body.event === 'connected' && body.judging.as === 'given'
}

function isCommand({ body }: Step): boolean {
  return body.verb === 'app.publish' || body.verb === 'app.subscribe'
}

function asksTooMuch(steps: Step[]): string | undefined {
  const all = flatten(steps)
  const asked = all.filter(isCommand)
  const connects = all.filter(({ body }) => body.verb === 'app.connect')
  if (asked.length > 1 || connects.length > 1) return 'the program does one thing in each case'
  if (asked.some(step => !steps.includes(step)) || connects.some(step => !steps.includes(step))) {
    return 'the program does its one thing when it starts'
  }
  for (const { body } of all) {
    if (body.verb === 'app.expect') return 'nothing tells what the application saw'
    if (
      body.verb === 'app.unsubscribe' ||
      body.verb === 'app.disconnect' ||
      body.verb === 'app.reauthenticate'
    ) {
      return `the program cannot be told to ${body.verb.slice('app.'.length)}`
    }
  }
  return undefined
}

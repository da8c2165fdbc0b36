import type { AppCommand, AppEvent } from '../../model/app.ts'
import { isToldEvent, toldBy } from '../../model/told.ts'
import { wire } from '../../oracle/ledger/client-connection.ts'
import { isSentinel } from '../../oracle/ledger/sentinel.ts'
import { isNothing } from '../../oracle/owed.ts'
import type { StepBody } from '../../scenario/ast.ts'
import type { AppBodies } from '../../scenario/verbs/app.ts'
import { AppActor, busy } from '../actors/app-actor.ts'
import { Skipped } from '../early-end.ts'
import { ownClientId } from '../own-names.ts'
import { describe, matchFields } from '../packets/match.ts'
import type { Bound } from '../packets/variables.ts'
import { toBytes } from '../packets/variables.ts'
import type { Scene } from '../scene.ts'
import { timeText } from '../wording/time-text.ts'
import { listenerOf, listenHost } from './dial.ts'
import type { Runners } from './runner.ts'

type Body<V extends keyof AppBodies> = StepBody<V>

/** What the application on a client under test is told and asked. */
export const appRunners: Runners<AppBodies> = {
  'app.connect': async (scene, body, { actor }) =>
    appConnect(scene, await appOf(scene, actor), body),
  'app.publish': async (scene, { fields }, { actor }) =>
    appPublish(scene, await appOf(scene, actor), fields),
  'app.subscribe': async (scene, { fields }, { actor }) =>
    appCommand(scene, await appOf(scene, actor), 'subscribe', fields),
  'app.unsubscribe': async (scene, { fields }, { actor }) =>
    appCommand(scene, await appOf(scene, actor), 'unsubscribe', fields),
  'app.disconnect': async (scene, { fields }, { actor }) =>
    appCommand(scene, await appOf(scene, actor), 'disconnect', fields),
  'app.reauthenticate': async (scene, { fields }, { actor }) =>
    appCommand(scene, await appOf(scene, actor), 'reauthenticate', fields),
  'app.reconnect': async (scene, _, { actor }) => appReconnect(scene, await appOf(scene, actor)),
  'app.ping': async (scene, _, { actor }) => (await appOf(scene, actor)).nonce(),
  'app.expect': async (scene, body, { actor }) => appExpect(scene, await appOf(scene, actor), body),
}

/** The application of that name, opened at its first step. */
export async function appOf(scene: Scene, name: string): Promise<AppActor> {
  const known = scene.apps.get(name)
  if (known) return known
  if (scene.target.role !== 'client') throw new RangeError('this step needs a client as its target')
  const app = new AppActor(name, await scene.target.open(`${scene.nonce}-${name}`), scene.log, () =>
    scene.wakeups.fire(),
  )
  scene.apps.set(name, app)
  return app
}

async function appConnect(scene: Scene, app: AppActor, body: Body<'app.connect'>): Promise<void> {
  const listener = await listenerOf(scene, scene.brokerFor(app.name), listenHost(scene))
  app.connectedWith = {
    host: listenHost(scene),
    port: listener.port,
    version: scene.kase.version,
    clientId: ownClientId(scene.target.profile, `${scene.nonce}${app.name}`),
    session: 'fresh',
    keepAliveS: 60,
    ...listener.invitation,
    // The broker behind a proxy may want to know who it is.
    ...scene.upstream?.target.credentials,
    ...plainFields(body.fields, scene),
  }
  await tell(app, 'connect', app.connectedWith)
}

/** After a cut: a library that reconnects by itself is left alone, any other is told to. */
async function appReconnect(scene: Scene, app: AppActor): Promise<void> {
  if (scene.target.role === 'client' && scene.target.reconnects === 'self') return
  // Before it knows of the cut it would take itself for connected.
  await scene.until(() => !app.connected || undefined, scene.budgets.replyMs)
  if (!app.connectedWith) return
  app.reconnecting = true
  await tell(app, 'connect', app.connectedWith)
}

/**
 * A client has room for so many messages at a time and no more. One whose adapter says `busy` is asked again when a message is complete;
 * where none completes, the case needs more at once than there can be, and says nothing of the client.
 */
async function appPublish(
  scene: Scene,
  app: AppActor,
  fields: Body<'app.publish'>['fields'],
): Promise<void> {
  const plain = plainFields(fields, scene)
  if (plain.payload !== undefined) plain.payload = toBytes(plain.payload as Bound)
  for (let again: 'first' | 'again' = 'first'; ; again = 'again') {
    const before = app.published
    const refused = await app.command('publish', plain, again)
    if (refused === undefined) {
      app.taken += 1
      return
    }
    if (refused !== busy) throw cannot('publish', refused)
    const freed = () => app.published > before || undefined
    if (await scene.until(freed, scene.budgets.reconnectMs)) continue
    const open = app.taken - app.published
    throw new Skipped(
      `needs more messages in flight than the client takes: it is busy with ${open}`,
    )
  }
}

async function appCommand(
  scene: Scene,
  app: AppActor,
  name: AppCommand['do'],
  fields: Body<'app.publish'>['fields'],
): Promise<void> {
  const plain = plainFields(fields, scene)
  if (plain.payload !== undefined) plain.payload = toBytes(plain.payload as Bound)
  await tell(app, name, plain)
}

async function tell(
  app: AppActor,
  name: AppCommand['do'],
  fields: { [name: string]: unknown },
): Promise<void> {
  const refused = await app.command(name, fields)
  if (refused !== undefined) throw cannot(name, refused)
}

function cannot(name: AppCommand['do'], refused: string): Skipped {
  return new Skipped(`not drivable: the adapter cannot ${name}: ${refused}`)
}

function plainFields(
  fields: Body<'app.publish'>['fields'],
  scene: Scene,
): { [name: string]: unknown } {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, scene.env.plain(value)]),
  )
}

/** `disconnected (3 times), published`: a client that comes back and back says little with many words. */
function counted(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, n]) => (n === 1 ? name : `${name} (${n} times)`)).join(', ')
}

function canTell({ target }: Scene, event: string): boolean {
  if (!isToldEvent(event) || target.role !== 'client') return true
  return target.can.includes(toldBy[event].replace(/^can-/, ''))
}

/** Some message of this application went out and has not come to its end. */
function mayStillSucceed({ judges }: Scene, { name }: AppActor): boolean {
  return judges.ledger
    .messages()
    .some(
      ({ publications, received }) =>
        received.has(wire) &&
        publications.some(
          ({ actor, tag, outcome }) => actor === name && tag !== undefined && outcome === 'unknown',
        ),
    )
}

/** That a message failed, where it is not asked just for that: it may be sent again all the same, and be told as complete later. */
function isFailure(event: AppEvent, { fields }: Body<'app.expect'>): boolean {
  return (
    event.event === 'published' &&
    event.error !== undefined &&
    fields.error === undefined &&
    fields.code === undefined
  )
}

/** The message of the tag that is asked for has come to its end on the wire. */
function isThrough(
  scene: Scene,
  { name }: AppActor,
  { event, fields }: Body<'app.expect'>,
): boolean {
  if (event !== 'published') return true
  const wanted = fields.tag
  const publications = scene.judges.ledger.messages().flatMap(record => record.publications)
  const own = publications.filter(({ actor, tag }) => actor === name && tag !== undefined)
  const asked = own.filter(
    ({ tag }) =>
      wanted === undefined ||
      matchFields({ tag: wanted }, { tag }, scene.env).mismatches.length === 0,
  )
  return asked.every(({ outcome }) => outcome !== 'unknown')
}

/** What a fence sent to the application is no message of the scenario. */
function isOfFence(event: AppEvent): boolean {
  return event.event === 'delivered' && isSentinel(event.payload)
}

/**
 * The application's next event of that kind must be as asked; other kinds may come between. In any order, as inside `together`,
 * one of those events must be.
 */
export async function appExpect(
  scene: Scene,
  app: AppActor,
  body: Body<'app.expect'>,
  anyOrder = false,
): Promise<void> {
  if (!canTell(scene, body.event)) {
    // In the place of its word: the exchange is over on the wire, or has stood still for as long as the word might have taken.
    await scene.until(
      () => (isNothing(scene.judges.owed('packets')) && isThrough(scene, app, body)) || undefined,
      scene.budgets.reconnectMs,
    )
    scene.log.record({ kind: 'note', text: `${app.name} cannot tell ${body.event}: not asked` })
    return
  }
  const candidates = () =>
    app.events
      .filter(({ event }) => event.event === body.event && !isOfFence(event))
      .map(entry => ({ entry, match: matchFields(body.fields, entry.event, scene.env) }))
  const look = (failures: 'as well' | 'not yet') => {
    const all = candidates().filter(
      ({ entry }) => failures === 'as well' || !isFailure(entry.event, body),
    )
    const fitting = all.find(({ match }) => match.mismatches.length === 0)
    const found = anyOrder ? fitting : all[0]
    if (found && found === fitting) app.events.splice(app.events.indexOf(found.entry), 1)
    return found
  }
  const budgetMs = scene.budgets.reconnectMs
  const next = () => look('not yet') ?? (mayStillSucceed(scene, app) ? undefined : look('as well'))
  let awaited = await scene.until(next, budgetMs)
  // Where one after the other is told, it is on its way: what is silent for a whole budget is silent.
  for (let told = 0; !awaited && candidates().length > told; ) {
    told = candidates().length
    awaited = await scene.until(next, budgetMs)
  }
  const found =
    awaited ??
    look('as well') ??
    // In any order the others are no answer: what is missing was never told.
    (anyOrder ? undefined : candidates()[0])
  const wanted = `${body.event}${Object.entries(body.fields)
    .map(([name, matcher]) => ` ${name} ${describe(matcher, scene.env)}`)
    .join('')}`
  const ofApplication = body.event === 'delivered' ? 'given' : 'told'
  if (!found) {
    const told = counted(app.events.map(({ event }) => event.event))
    const only = told === '' ? '' : `; it was told only ${told}`
    return scene.miss(body.judging, {
      message: `The application was not told ${wanted} in ${timeText(budgetMs)}${only}`,
      expected: `the application to be told ${wanted}`,
      got: told === '' ? 'nothing' : `only ${told}`,
      ofApplication,
    })
  }
  const { entry, match } = found
  if (match.mismatches.length > 0) {
    return scene.miss(body.judging, {
      message: `The application was told ${body.event} with ${match.mismatches.map(m => `${m.field} ${m.got}; ${m.expected} was due`).join(', ')}`,
      expected: match.mismatches.map(m => `${m.field} ${m.expected}`).join(', '),
      got: match.mismatches.map(m => `${m.field} ${m.got}`).join(', '),
      seq: entry.seq,
      ofApplication,
    })
  }
  for (const [name, value] of match.bindings) scene.env.bind(name, value)
}

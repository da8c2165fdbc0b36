import type { Finding } from '../model/finding.ts'
import type { Connack, Publish } from '../model/packet.ts'
import { sentinelPrefix } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { createJudges } from '../oracle/judges.ts'
import type { Actor } from '../peers/actor.ts'
import { type Asked, answerInWords, askConnack } from '../peers/ask-connack.ts'
import { connectPacket } from '../peers/connect-packet.ts'
import type { Case } from '../scenario/ast.ts'
import type { BrokerTarget } from '../targets/target.ts'
import { TargetError } from '../targets/target-error.ts'
import { Inconclusive } from './early-end.ts'
import { ownClientId } from './own-names.ts'
import { given, hasEnded } from './packets/expect-next.ts'
import { askProduct } from './product-version.ts'
import { Scene } from './scene.ts'
import * as dial from './steps/dial.ts'
import * as traffic from './steps/traffic.ts'
import type { Budgets } from './waiting/budgets.ts'

export type Probe = {
  /** Versions that the broker accepted. */
  versions: Version[]
  fingerprint: { [choice: string]: string | number | boolean }
  /** Claims of the profile that do not hold. */
  findings: Finding[]
  /** What the broker says that it is, with its version. */
  product?: string
}

export type ProbeOptions = {
  target: BrokerTarget
  budgets: Budgets
  nonce: string
  signal: AbortSignal
  maxPacketBytes: number
}

/**
 * Asks a broker what it is before it is judged: which of the claimed versions it accepts, its limits, and which of the choices
 * that the standard leaves free it takes. Rejects with TargetError where not even one message gets through.
 */
export async function probeBroker(options: ProbeOptions): Promise<Probe> {
  const probe: Probe = { versions: [], fingerprint: {}, findings: [] }
  let refused: string | undefined
  for (const version of options.target.profile.versions) {
    const asked = await knock(options, version)
    if (accepts(asked)) probe.versions.push(version)
    else {
      const got = answerInWords(asked)
      refused = asked.kind === 'connack' ? refusal(asked.connack) : got
      if (options.target.described !== false) probe.findings.push(claimBroken(version, got))
    }
    if (asked.kind === 'connack') Object.assign(probe.fingerprint, limitsOf(asked.connack))
  }
  const [version] = [...probe.versions].reverse()
  if (version === undefined) {
    throw new TargetError(
      'TARGET_UNREACHABLE',
      `${options.target.name} at ${options.target.address} accepts none of ${options.target.profile.versions.join(', ')}: ${refused}`,
    )
  }
  Object.assign(probe.fingerprint, await deliveryPoint(options, version))
  Object.assign(probe.fingerprint, await resumption(options, version))
  const product = await withScene(options, version, 'v', askProduct).catch(() => undefined)
  if (product) probe.product = product
  return probe
}

/** One QoS 2 message through the broker and back. Returns what went wrong, or undefined. */
export async function sanityExchange(
  options: ProbeOptions,
  version: Version,
): Promise<string | undefined> {
  if (options.target.profile.lacks?.includes('qos2')) return undefined
  try {
    await withScene(options, version, 's', async scene => {
      const sub = await subscriber(scene, 'fresh')
      const pub = scene.actor('pub')
      await dial.connect(scene, pub, connectBody('fresh'))
      await publishDone(scene, pub, 'sane')
      await arrived(scene, sub, 'sane')
    })
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * Whether plain CONNECTs are answered, each at the second try at the latest. Several, since a broker that spreads its clients over
 * threads may have lost one of them.
 */
export async function answersConnect(options: ProbeOptions, version: Version): Promise<boolean> {
  const answers = ['q', 'r', 't', 'u'].map(async letter => {
    const knocks = { ...options, nonce: `${options.nonce}${letter}` }
    return accepts(await knock(knocks, version)) || accepts(await knock(knocks, version))
  })
  return (await Promise.all(answers)).every(Boolean)
}

/** One plain CONNECT, until it is answered or `replyMs` are over. */
function knock({ target, budgets, nonce, signal }: ProbeOptions, version: Version): Promise<Asked> {
  const clientId = ownClientId(target.profile, `${nonce}k${version.replace(/\D/g, '')}`)
  return askConnack({
    dial: () => target.dial(budgets.connectMs),
    connect: connectPacket(version, { clientId, credentials: target.credentials }),
    version,
    budgetMs: budgets.replyMs,
    signal,
  })
}

function accepts(asked: Asked): boolean {
  return asked.kind === 'connack' && asked.connack.code === 0
}

/** Source: 3.1.1 §3.2.2.3, 5.0 §3.2.2.2. */
const wantsCredentials = [0x04, 0x05, 0x86, 0x87]

function refusal({ code }: Connack): string {
  const shown = `it answers CONNACK with code 0x${code.toString(16).padStart(2, '0')}`
  return wantsCredentials.includes(code)
    ? `${shown}, not authorized; give its user and password as mqtt://USER:PASSWORD@HOST:PORT`
    : shown
}

/** Limits and abilities that CONNACK announces. Source: 5.0 §3.2.2.3. */
function limitsOf(connack: Connack): Probe['fingerprint'] {
  const names = [
    'receiveMaximum',
    'maximumQoS',
    'retainAvailable',
    'maximumPacketSize',
    'topicAliasMaximum',
    'wildcardSubscriptionAvailable',
    'subscriptionIdentifiersAvailable',
    'sharedSubscriptionAvailable',
    'serverKeepAlive',
    'sessionExpiryInterval',
  ]
  const limits: Probe['fingerprint'] = {}
  for (const name of names) {
    const value = connack.properties[name]
    if (typeof value === 'number') limits[name] = value
  }
  return limits
}

/**
 * Does it pass a QoS 2 message on at PUBLISH or at PUBREL? Of two messages the first stays without PUBREL: if it comes before the
 * second at the subscriber, PUBLISH was enough.
 */
async function deliveryPoint(
  options: ProbeOptions,
  version: Version,
): Promise<Probe['fingerprint']> {
  try {
    return await withScene(options, version, 'd', async scene => {
      const sub = await subscriber(scene, 'fresh')
      const pub = scene.actor('pub')
      await dial.connect(scene, pub, connectBody('fresh'))
      pub.send(message(scene, 'first', 1))
      await scene.until(
        () => pub.inbox.find(entry => entry.packet.type === 'PUBREC') ?? ended(pub),
        scene.budgets.replyMs,
      )
      await publishDone(scene, pub, 'second')
      await arrived(scene, sub, 'second')
      const early = payloads(scene, 'sub').includes('first')
      return { delivers: early ? 'at-publish' : 'at-pubrel' }
    })
  } catch {
    return {}
  }
}

/** After PUBREC and a cut the broker may resume by PUBREL or, if it had not read PUBREC, by PUBLISH. */
async function resumption(options: ProbeOptions, version: Version): Promise<Probe['fingerprint']> {
  try {
    return await withScene(options, version, 'r', async scene => {
      const sub = await subscriber(scene, 'kept', 'by-hand')
      const pub = scene.actor('pub')
      await dial.connect(scene, pub, connectBody('fresh'))
      await publishDone(scene, pub, 'held')
      const delivery = await arrived(scene, sub, 'held')
      if (delivery.id === undefined) return {}
      sub.send({ type: 'PUBREC', id: delivery.id, code: 0, properties: {} })
      await sub.need().link.flush()
      sub.need().link.fin()
      await dial.connect(scene, sub, connectBody('kept', 'by-hand'))
      const next = await scene.until(() => sub.inbox[0] ?? ended(sub), scene.budgets.replyMs)
      const type = next && 'packet' in next ? next.packet.type : 'nothing'
      return { resumesBy: type }
    })
  } catch {
    return {}
  }
}

function connectBody(session: 'kept' | 'fresh', answers: 'auto' | 'by-hand' = 'auto') {
  return { verb: 'connect', session, answers, fields: {}, judging: given } as const
}

async function subscriber(
  scene: Scene,
  session: 'kept' | 'fresh',
  answers: 'auto' | 'by-hand' = 'auto',
): Promise<Actor> {
  const sub = scene.actor('sub')
  await dial.connect(scene, sub, connectBody(session, answers))
  const map = { filter: String(scene.env.get('topic')), qos: 2 }
  await traffic.subscribe(scene, sub, {
    verb: 'subscribe',
    subscriptions: [{ kind: 'map', map }],
    fields: {},
    judging: given,
  })
  return sub
}

function message(scene: Scene, payload: string, id: number): Publish {
  return {
    type: 'PUBLISH',
    topic: String(scene.env.get('topic')),
    qos: 2,
    dup: false,
    retain: false,
    id,
    payload: new TextEncoder().encode(payload),
    properties: {},
  }
}

async function publishDone(scene: Scene, pub: Actor, payload: string): Promise<void> {
  const packet = {
    type: 'PUBLISH',
    fields: { topic: String(scene.env.get('topic')), qos: 2, payload },
  }
  await traffic.publish(scene, pub, {
    verb: 'publish',
    packet: { ...packet, type: 'PUBLISH', place: scene.place },
    judging: given,
  })
}

async function arrived(scene: Scene, sub: Actor, payload: string): Promise<Publish> {
  const got = await scene.until(
    () => sub.inbox.find(entry => textOf(entry.packet) === payload) ?? ended(sub),
    scene.budgets.replyMs,
  )
  if (got && 'packet' in got && got.packet.type === 'PUBLISH') return got.packet
  throw new Inconclusive(`a QoS 2 message that was acknowledged did not arrive at its subscriber`)
}

function textOf(packet: { type: string; payload?: Uint8Array }): string | undefined {
  return packet.payload ? Buffer.from(packet.payload).toString('utf8') : undefined
}

function ended(actor: Actor): { ended: true } | undefined {
  return hasEnded(actor) ? { ended: true } : undefined
}

function payloads(scene: Scene, actor: string): string[] {
  return scene.log.events().flatMap(event => {
    if (event.kind !== 'packet' || event.actor !== actor || event.packet.type !== 'PUBLISH')
      return []
    const text = textOf(event.packet) ?? ''
    return text.startsWith(sentinelPrefix) ? [] : [text]
  })
}

/** Runs `play` with actors of its own and takes them down after. Throws what `play` throws. */
async function withScene<T>(
  options: ProbeOptions,
  version: Version,
  letter: string,
  play: (scene: Scene) => Promise<T>,
): Promise<T> {
  const place = { file: 'probe', line: 1, column: 1 }
  const kase: Case = {
    id: `probe:${version}`,
    suite: 'probe',
    scenario: 'probe',
    title: 'What the target is',
    about: '',
    bugs: [],
    role: 'client',
    version,
    bindings: {},
    covers: [],
    tags: [],
    requires: [],
    steps: [],
    verify: [],
    place,
  }
  const scene = new Scene({
    kase,
    target: options.target,
    budgets: options.budgets,
    nonce: `${options.nonce}${letter}${version.replace(/\D/g, '')}`,
    signal: options.signal,
    judges: createJudges({ target: 'broker', version }),
    maxPacketBytes: options.maxPacketBytes,
  })
  try {
    return await play(scene)
  } finally {
    for (const actor of scene.actors.values()) actor.destroy()
  }
}

function claimBroken(version: Version, got: string): Finding {
  return {
    statement: `${version}:§3.1.2`,
    level: 'SHOULD',
    message: `the profile claims MQTT ${version}, which the broker does not accept`,
    expected: 'CONNACK with code 0',
    got,
    seq: 0,
    judge: 'probe',
    atMs: 0,
  }
}

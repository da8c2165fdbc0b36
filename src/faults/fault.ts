/*
 * A fault is what the harness does to a conversation on purpose: a packet is lost, held, sent twice; a connection is cut. Each is
 * one file of this folder and one line of its table. The file says all there is to say of it: how it stands in a list, what the
 * trace keeps of it, how the ladder tells it and, where it is done to packets, the step that asks for it and what goes out instead.
 *
 * Bytes in, writes out: nothing here knows sockets, clocks or the steps of a scenario. At a proxy `duplicate` makes of a PUBREL
 *
 *     strike({ bytes: 62 02 00 07, of: { packet: 'PUBREL', from: 'broker' }, … }, { copies: 2 })
 *     → { fault: { kind: 'duplicate', packet: 'PUBREL', from: 'broker', copies: 2 }, writes: [{ as: 'packet' }, { as: 'packet' }] }
 */

/** The packet that a fault befalls, as the trace tells it: its type and, at a proxy, the side whose packet it was. */
export type Whose = { packet: string; from?: 'client' | 'broker' }

/** What a fault is done to. */
export type Struck = {
  bytes: Uint8Array
  of: Whose
  /** Its event in the trace, where it came from somebody else. */
  seq: number
}

/** What goes out in place of a packet, in this order. */
export type Write =
  /** The packet, whole and in one write. */
  | { as: 'packet' }
  /** The packet, whole and in several writes. */
  | { as: 'pieces'; pieces: readonly Uint8Array[] }
  /** Bytes that are no whole packet: the beginning of it (`partial`), or anything (`raw`). */
  | { as: 'bytes'; why: 'partial' | 'raw'; bytes: Uint8Array }

/** When a packet goes out that does not do so at once. */
export type Later =
  | { kind: 'after'; ms: number }
  /** Behind so many later packets of its side. */
  | { kind: 'behind'; packets: number }
  | { kind: 'on release' }

/** At a proxy a packet may also wait. */
export type PassingWrite = Write | { as: 'packet'; when: Later }

/** What a step may tell a fault. Adding a kind: `src/scenario/schema/fault-keys.ts` says how it is written. */
export type KeyKinds = {
  /** 1–65535. */
  count: number
  /** In bytes. */
  size: number
  /** 1–60000 ms. */
  ms: number
  /** Offsets in bytes, or one at each byte. */
  offsets: readonly number[] | 'every'
  /** Places in a list, 1 being the first. */
  places: readonly number[]
}
export type Key<K extends keyof KeyKinds = keyof KeyKinds> = {
  kind: K
  about: string
  required?: true
}
export type Keys = { readonly [name: string]: Key }
/** The values of the keys; one that a step leaves out is not there. */
export type Told<K extends Keys = Keys> = { readonly [N in keyof K]?: KeyKinds[K[N]['kind']] }

/** By a code of `model/schema/problem.ts`. */
export type Mistake = { code: 'OUT_OF_RANGE' | 'UNKNOWN_KEY'; message: string }

/** How a step that asks for the fault is written. */
type Step<K extends Keys> = {
  about: string
  /** As it stands in a list of steps. */
  example: string
  keys: K
  /** What is wrong with these values together. */
  mistake?(told: { readonly [N in keyof K]?: unknown }, packets: number): Mistake | undefined
}

/** Done to one packet that a fake client or fake broker sends. */
export type SentForm<F, K extends Keys = Keys> = Step<K> & {
  on: 'packet'
  /** Whether the packet still comes to the other side whole: then it may deliver a message. */
  arrives: boolean
  strike(struck: Struck, told: Told<K>): { fault: F; writes: Write[] }
}
/** Done to several packets that a fake client or fake broker sends: each write holds some of them, by their index. */
export type ListForm<F, K extends Keys = Keys> = Step<K> & {
  on: 'packets'
  /** Fewer make no sense. */
  packetsMin: number
  strike(packets: readonly string[], told: Told<K>): { fault: F; writes: number[][] }
}
/** Done to the automatic answers of a fake client or fake broker from here on. */
export type AnswerForm<F, K extends Keys = Keys> = Step<K> & {
  on: 'answers'
  strike(of: Whose, told: Told<K>): { fault: F; when: Exclude<Later, { kind: 'behind' }> }
}
/** Done to a packet that passes a proxy. */
export type PassingForm<F, K extends Keys = Keys> = Step<K> & {
  strike(struck: Struck, told: Told<K>): { fault: F; writes: PassingWrite[] }
}

/** What stands in the record of a fault. It gives the record its type, and the report its schema. */
export type FactKinds = {
  /** The type of a packet, as the standard writes it. */
  packet: string
  packets: string[]
  whole: number
  ms: number
  side: 'client' | 'broker'
  sides: 'client' | 'broker' | 'both'
  cut: 'fin' | 'rst'
  stop: 'term' | 'kill'
}
export type FactKind = keyof FactKinds
/** A name that ends in `?` may be absent. */
type FactName<F, N extends keyof F> = N extends string
  ? undefined extends F[N]
    ? `${N}?`
    : N
  : never
type FactKindFor<T> = { [K in FactKind]: T extends FactKinds[K] ? K : never }[FactKind]
type Facts<F> = {
  readonly [N in Exclude<keyof F, 'kind'> as FactName<F, N>]-?: FactKindFor<
    Exclude<F[N], undefined>
  >
}
/** The record that facts describe. */
export type RecordOf<K extends string, X> = { kind: K } & {
  -readonly [N in keyof X as N extends `${string}?` ? never : N]: FactOf<X[N]>
} & { -readonly [N in keyof X as N extends `${infer M}?` ? M : never]?: FactOf<X[N]> }
type FactOf<K> = K extends FactKind ? FactKinds[K] : never

/** Where the ladder tells it: in a row of its own, or in that of what it befell or came to. */
export type ToldAt = 'itself' | 'the packet' | 'the close' | 'the bytes beside it' | 'the restart'

/** A fault whose record in the trace is `F`. A verb of its own may do it instead of `peer` and `proxy`. */
export type FaultKindOf<F extends { kind: string }> = {
  kind: F['kind']
  /** One line for `mqttspec list faults` and the reference. */
  title: string
  facts: Facts<F>
  /** As the ladder says it. */
  text(fault: F): string
  toldAt: ToldAt
  peer?: SentForm<F> | ListForm<F> | AnswerForm<F>
  proxy?: PassingForm<F>
}

/** The form of a fault that is done to one packet we send. */
export function sent<const K extends Keys, F extends { kind: string }>(
  form: Omit<SentForm<F, K>, 'on'>,
): SentForm<F> {
  return { on: 'packet', ...form } as SentForm<F>
}

/** The form of a fault that is done to several packets we send. */
export function listed<const K extends Keys, F extends { kind: string }>(
  form: Omit<ListForm<F, K>, 'on'>,
): ListForm<F> {
  return { on: 'packets', ...form } as ListForm<F>
}

/** The form of a fault that is done to our automatic answers. */
export function answering<const K extends Keys, F extends { kind: string }>(
  form: Omit<AnswerForm<F, K>, 'on'>,
): AnswerForm<F> {
  return { on: 'answers', ...form } as AnswerForm<F>
}

/** The form of a fault that is done to a packet which passes a proxy. */
export function passing<const K extends Keys, F extends { kind: string }>(
  form: PassingForm<F, K>,
): PassingForm<F> {
  return form as PassingForm<F>
}

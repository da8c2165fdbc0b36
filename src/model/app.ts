/** What the application on top of a client under test said, through its adapter (fixtures/targets/clients/README.md: the adapter protocol). */
export type AppEvent =
  | { event: 'ready' }
  | { event: 'connected'; sessionPresent?: boolean; code?: number }
  | {
      event: 'delivered'
      topic: string
      payload: Uint8Array
      qos?: number
      retain?: boolean
      dup?: boolean
      properties?: { [name: string]: unknown }
    }
  /** The library told the application that the publish is complete, or, with `error`, that it failed. */
  | { event: 'published'; tag: string; id?: number; code?: number; error?: string }
  | { event: 'subscribed'; tag: string; codes?: number[]; error?: string }
  | { event: 'unsubscribed'; tag: string; codes?: number[]; error?: string }
  /** An attempt to connect ended without CONNACK. */
  | { event: 'connect-failed'; error?: string }
  | { event: 'disconnected'; code?: number; error?: string }
  | { event: 'log'; text: string }

/** What the harness asked the application to do. */
export type AppCommand = {
  do:
    | 'connect'
    | 'publish'
    | 'subscribe'
    | 'unsubscribe'
    | 'disconnect'
    | 'reauthenticate'
    | 'ping'
    | 'stop'
  topic?: string
  filter?: string
  qos?: number
  payload?: Uint8Array
  tag?: string
  /** False where the adapter answered with an error. */
  ok: boolean
  error?: string
}

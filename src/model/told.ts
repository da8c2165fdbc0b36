import type { Feature } from './features.ts'

/** The claim of an adapter that an event of the application rests on. */
export const toldBy = {
  published: 'can-told-published',
  subscribed: 'can-told-subscribed',
  unsubscribed: 'can-told-unsubscribed',
} as const satisfies { [event: string]: Feature }

export function isToldEvent(event: string): event is keyof typeof toldBy {
  return event in toldBy
}

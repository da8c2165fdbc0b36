import type { Transport } from './transport.ts'

/** The packets stand on the socket as they are. */
export const tcp: Transport = {
  title: 'plain TCP',
  usualPort: 1883,
  schemes: { 'mqtt:': 1883, 'tcp:': 1883 },
}

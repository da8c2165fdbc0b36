import type { Connect } from '../model/packet.ts'
import { protocolLevel, type Version } from '../model/version.ts'

/** What a broker wants to know before it lets somebody in. */
export type Credentials = { readonly username?: string; readonly password?: string }

/** A plain CONNECT of ours: whatever is not said is as harmless as can be. */
export function connectPacket(
  version: Version,
  wish: Partial<Omit<Connect, 'type' | 'username' | 'password'>> & { credentials?: Credentials },
): Connect {
  const { credentials, ...fields } = wish
  return {
    type: 'CONNECT',
    protocolName: version === '3.1' ? 'MQIsdp' : 'MQTT',
    protocolLevel: protocolLevel[version],
    clientId: '',
    clean: true,
    keepAliveS: 10,
    properties: {},
    ...fields,
    ...identity(credentials),
  }
}

/** The fields of CONNECT that say who we are; none for a broker that lets anybody in. */
export function identity(credentials: Credentials = {}): Pick<Connect, 'username' | 'password'> {
  const { username, password } = credentials
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: new TextEncoder().encode(password) }),
  }
}

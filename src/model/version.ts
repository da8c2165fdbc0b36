/** The protocol versions mqttspec speaks, written as the standards print them. */
export const versions = ['3.1', '3.1.1', '5.0'] as const

export type Version = (typeof versions)[number]

/** Protocol Level byte of CONNECT for each version. Source: §3.1.2.2 (3.1.1), §3.1.2.2 (5.0). */
export const protocolLevel: Record<Version, 3 | 4 | 5> = { '3.1': 3, '3.1.1': 4, '5.0': 5 }

export function isVersion(text: string): text is Version {
  return (versions as readonly string[]).includes(text)
}

/** The version whose Protocol Level byte is `level`, or undefined. */
export function versionOfLevel(level: number): Version | undefined {
  return versions.find(version => protocolLevel[version] === level)
}

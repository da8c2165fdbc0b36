/** The characters a ladder is drawn with. Each is one column wide. */
export type Signs = {
  life: string
  /** A lifeline without a connection. */
  broken: string
  lines: { solid: string; dotted: string; wavy: string }
  right: string
  left: string
  lost: string
  fault: string
  fence: string
  wait: string
  /** An application is told or tells something. */
  app: string
  gap: string
  under: string
  more: string
}

export function signs(ascii: boolean): Signs {
  return ascii ? plain : drawn
}

const drawn: Signs = {
  life: '│',
  broken: '┊',
  lines: { solid: '─', dotted: '┄', wavy: '~' },
  right: '▶',
  left: '◀',
  lost: '✗',
  fault: '◆',
  fence: '═',
  wait: '○',
  app: '●',
  gap: '⋮',
  under: '└',
  more: '…',
}

const plain: Signs = {
  life: '|',
  broken: ':',
  lines: { solid: '-', dotted: '.', wavy: '~' },
  right: '>',
  left: '<',
  lost: 'x',
  fault: '*',
  fence: '=',
  wait: 'o',
  app: '@',
  gap: ':',
  under: '`',
  more: '...',
}

type Command = { id?: unknown; do?: unknown; nonce?: unknown }

/**
 * The commands that a board has not answered yet. One whose power goes, or that is cleared for another client, answers none of them any more,
 * and whoever sent them must not wait for it.
 */
export class OpenCommands {
  private readonly byId = new Map<unknown, Command>()

  sent(command: Command): void {
    this.byId.set(command.id, command)
  }

  /** Whether a line of the board is to be passed on: all but what answers a command that was given up. */
  passes(line: string): boolean {
    // An event may have an id of its own, that of a packet.
    const { id, event } = line.startsWith('{') ? messageOf(line) : {}
    return id === undefined || event !== undefined || this.byId.delete(id)
  }

  /** The answers in the board's place. Who asked whether all is said learns that it is: this board says nothing more. */
  giveUp(why: string): object[] {
    const left = [...this.byId.values()]
    this.byId.clear()
    return left.map(command => {
      const { id, nonce } = command
      return command.do === 'ping' ? { id, ok: { nonce } } : { id, error: why }
    })
  }
}

function messageOf(line: string): { id?: unknown; event?: unknown } {
  try {
    return JSON.parse(line) as { id?: unknown; event?: unknown }
  } catch {
    return {}
  }
}

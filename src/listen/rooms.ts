import type { TraceEvent } from '../model/trace.ts'

/*
 * What is kept of all clients together, for the reports. Each client has bounds of its own; a thousand clients within theirs are too much.
 */

/** Where little is left, a piece that went wrong keeps so many events. */
const fewHead = 3
const fewTail = 7

/** The traces of pieces that are over. */
export class PieceTraces {
  private left: number
  /** Of pieces that went wrong when the room is used up. */
  private reserve: number

  constructor(eventsMax = 6000) {
    this.left = eventsMax
    this.reserve = eventsMax / 4
  }

  /** Of a piece as many events as there is room for. */
  keep(events: TraceEvent[], isWrong: boolean): TraceEvent[] {
    if (events.length <= this.left) {
      this.left -= events.length
      return events
    }
    if (!isWrong) return []
    const few =
      events.length <= fewHead + fewTail
        ? events
        : [...events.slice(0, fewHead), ...events.slice(-fewTail)]
    if (few.length > this.reserve) return []
    this.reserve -= few.length
    return few
  }
}

/** Of a client, where the room of all is used up: so many findings, and so many characters of each text. */
const fewFindings = 10
const fewCharacters = 200

/** The texts of findings. */
export class FindingTexts {
  private left: number

  constructor(charactersMax = 1024 * 1024) {
    this.left = charactersMax
  }

  /**
   * How long each text of one more finding may be; 0 where it has to be left out.
   *
   * @param known So many findings of its client are kept.
   */
  take(known: number, wanted: number): number {
    if (wanted <= this.left) {
      this.left -= wanted
      return Number.POSITIVE_INFINITY
    }
    return known < fewFindings ? fewCharacters : 0
  }
}

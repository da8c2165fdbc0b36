/** A normative statement as the standard numbers it; `says` paraphrases, the standard rules. */
export type StatementData = {
  /** `MQTT-4.3.3-10`; 3.1.1 and 5.0 reuse numbers. */
  id: string
  section: string
  level: string
  /** Who bears the duty. */
  binds: string
  /** wire: in packets on a connection under test; delivery: by which messages arrive; state, none: not from outside. */
  observable: string
  /** Which kind of target a black-box harness can test. */
  testable: string
  says: string
  note?: string
}

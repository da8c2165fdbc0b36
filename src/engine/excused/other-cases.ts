/** Says whose message came on a topic: the id of another case, or a name for whom else. Nothing where it is the case's own, or cannot be told. */
export type SenderOf = (topic: string) => string | undefined

/** Topics of cases begin so: `ms/`, the run's six letters and digits, and the case's own beginning with its number. */
const topicOfCase = /ms\/(m[0-9a-z]{5})([0-9a-z]{3})?/

/** @param runNonce Six letters and digits. @param ownNonce Begins with those. @param ids Of all cases of the run, by number. */
export function senderOf(runNonce: string, ownNonce: string, ids: readonly string[]): SenderOf {
  return topic => {
    // Nearly every message is the case's own, and each is asked about twice.
    if (topic.includes(ownNonce)) return undefined
    const [, run, number] = topicOfCase.exec(topic) ?? []
    if (run === undefined) return undefined
    // What is asked beside the cases has the run's letters and one more.
    if (run !== runNonce.slice(0, 6)) return 'another run of mqttspec'
    return (number && ids[Number.parseInt(number, 36)]) ?? 'a question asked beside the cases'
  }
}

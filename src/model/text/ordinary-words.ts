/*
 * Words that people take for a user name or a password of something that they only try, and that stand in reports anyway: as topics, in
 * payloads, in what is said of a packet. Whoever guesses begins with them.
 */
const words = new Set(
  `admin guest pass passwd password public root secret test testing tester user username
   alice broker client default demo device example foobar home local localhost mosquitto mqtt sensor server
   client-id clientid code connect data error false hello message name none null offline online packet payload
   ping publish reason retain session state status subscribe text topic true undefined value will world
   0000 1111 1234 12345 123456`
    .trim()
    .split(/\s+/),
)

/** Hidden wherever it stands, such a word would make a report useless, and its gaps would tell what it is. */
export function isOrdinary(word: string): boolean {
  return words.has(word.toLowerCase())
}

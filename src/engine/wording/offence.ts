/**
 * What was wrong with what we sent, where the title says that it ends the connection: `A PUBACK with a byte behind its last field should
 * end the connection`.
 */
export function offence(title: string): string | undefined {
  const said =
    /^(.+?),? (?:(?:also |should |may |should also )?(?:ends?|closes?) the connection|(?:is|should be|may be) refused|is a protocol error|is malformed)\b/.exec(
      title,
    )?.[1]
  return said?.replace(/^(?:A|An|The|Bytes|One|Two|Three|Several|Wrong|Surplus|Lengths) /, text =>
    text.toLowerCase(),
  )
}

/*
 * A secret that is told in another form is told all the same: a password in hex can be read by anybody who can read a password.
 */

/** Every form in which a text may stand in a report. */
function formsOf(secret: string): { form: string; text: string }[] {
  const bytes = Buffer.from(secret, 'utf8')
  const hex = bytes.toString('hex')
  const json = JSON.stringify(secret).slice(1, -1)
  const forms = [
    { form: 'raw', text: secret },
    { form: 'URL', text: encodeURIComponent(secret) },
    { form: 'hex', text: hex },
    { form: 'HEX', text: hex.toUpperCase() },
    { form: 'spaced hex', text: (hex.match(/../g) ?? []).join(' ') },
    { form: 'JSON', text: json },
    { form: 'HTML', text: html(secret) },
    // The middle of it stands so in base64 whatever stands before, depending on the place by threes.
    ...[0, 1, 2].map(shift => ({ form: 'base64', text: base64Middle(bytes, shift) })),
  ]
  return forms.filter(
    ({ text }, index) => text.length >= 6 && forms.findIndex(o => o.text === text) === index,
  )
}

function html(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** Those characters of the base64 form that do not depend on what stands before or behind. */
function base64Middle(bytes: Buffer, shift: number): string {
  const all = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const from = shift === 0 ? 0 : shift + 1
  const to = (bytes.length + shift) % 3 === 0 ? all.length : all.length - 1
  return all.slice(from, to)
}

/** Which secrets stand in a text, and how: `hunter2 as hex`. */
export function leaksIn(text: string, secrets: readonly string[]): string[] {
  return secrets.flatMap(secret =>
    formsOf(secret)
      .filter(({ text: form }) => text.includes(form))
      .map(({ form }) => `${secret} as ${form}`),
  )
}

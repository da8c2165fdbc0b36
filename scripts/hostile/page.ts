import type { Row } from './play.ts'

type Of = { date: string; commit: string; state: string; notPlayed: number }

/** The table as a page: what was played, what it came to, and when. */
export function pageOf(rows: readonly Row[], { date, commit, state, notPlayed }: Of) {
  const red = rows.filter(({ complaints }) => complaints.length > 0)
  const earlier = new Map<string, number>()
  for (const { earlierState: of } of rows) if (of) earlier.set(of, (earlier.get(of) ?? 0) + 1)
  const most = Math.max(0, ...rows.map(({ peakMb }) => peakMb ?? 0))
  return [
    '# Attacks on mqttspec itself',
    '',
    `Written by \`npm run hostile -- --page reports/hostile.md\` on ${date}, at ${commit} (program ${state}${earlier.size === 0 ? ', the same in every row' : ''}).`,
    ...[...earlier].map(
      ([of, count]) =>
        `An earlier program, ${of}, played ${count} of the rows; what was red then was mended and played by this one.`,
    ),
    'Each attack is played against a mqttspec of its own.',
    'It must end within 60 s, in 512 MB, with an exit code that tells the truth, and leave no process, no file and no secret behind.',
    '',
    `${rows.length - red.length} of ${rows.length} came to nothing; the largest process had ${most} MB.`,
    ...(notPlayed > 0
      ? [`**${notPlayed} more were not played: this is a part of the table.**`]
      : []),
    '',
    '| attack | exit | seconds | peak MB | left | leaked | |',
    '| --- | --: | --: | --: | --: | --: | --- |',
    ...rows.map(line),
    '',
  ].join('\n')
}

function line({ name, exitCode, seconds, peakMb, left, leaked, complaints, skipped }: Row): string {
  const what = skipped === undefined ? complaints.join('; ') : `skipped: ${skipped}`
  const cells = [
    name,
    exitCode,
    seconds.toFixed(1),
    peakMb ?? '',
    left.length,
    leaked.length,
    what.replaceAll('|', '\\|'),
  ]
  return `| ${cells.join(' | ')} |`
}

import { primaryFinding } from '../../causes/primary.ts'
import type { CaseResult, RunReport } from '../../model/report.ts'
import { causesIn } from '../counting/groups.ts'
import { drawRuns } from '../counting/runs.ts'
import { detailsOf } from '../text/details.ts'
import { saysOf } from '../text/headline.ts'
import { visible } from '../text/visible.ts'
import { type Reproducer, reproducerOf } from './reproducer.ts'

type Issue = { markdown: string; reproducer: Reproducer }

/** A failed case as a bug report to paste. Undefined where nothing was found in it. */
export function issueOf(report: RunReport, result: CaseResult): Issue | undefined {
  const finding = primaryFinding(result)
  if (!finding) return undefined
  const { target } = report
  const reproducer = reproducerOf(report, result, finding)
  const others = causesIn(report).find(({ cases }) => cases.includes(result.id))?.cases.length ?? 1
  const ladder = drawRuns(result, { columns: 110, ascii: false, target: target.name })
  const product = target.product ?? target.address
  const markdown = [
    `## ${visible(finding.message, 300)}`,
    '',
    `${visible(result.title, 300)}.`,
    '',
    `- Broken: ${finding.level} \`${finding.statement}\`${says(finding.statement)}`,
    ...detailsOf(finding).map(([name, text]) => `- ${capital(name)}: \`${visible(text, 400)}\``),
    `- Tested: ${visible(target.name, 100)} (${visible(product, 200)}), MQTT ${result.version}`,
    `- Found by: mqttspec ${visible(report.mqttspec, 40)}, \`${visible(result.replay, 400)}\``,
    ...(others > 1 ? [`- Seen in ${others} cases; this is the simplest.`] : []),
    '',
    '### On the wire',
    '',
    '```text',
    ...ladder.map(({ text }) => text.replaceAll('```', "'''")),
    '```',
    '',
    ...reproduced(reproducer),
  ]
  return { markdown: `${markdown.join('\n')}\n`, reproducer }
}

function says(statement: CaseResult['findings'][number]['statement']): string {
  const text = saysOf(statement)
  return text === undefined ? '' : `: ${visible(text, 500)}`
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function reproduced(reproducer: Reproducer): string[] {
  if (reproducer.kind === 'none') return [`No program to reproduce it: ${reproducer.why}.`, '']
  return [
    '### To reproduce',
    '',
    'Python 3, nothing else: `python3 reproduce.py HOST PORT`',
    '',
    '```python',
    reproducer.text.trimEnd(),
    '```',
    '',
  ]
}

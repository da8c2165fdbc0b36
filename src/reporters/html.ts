import { gzipSync } from 'node:zlib'
import type { RunReport } from '../model/report.ts'
import { html as markup, raw, short } from './html/markup.ts'
import { resultTexts } from './html/result-texts.ts'
import { template } from './html/template.ts'
import { reportParts } from './json.ts'
import { atEnd } from './reporter.ts'
import { headline } from './text/headline.ts'

/**
 * One page for a report: the viewer, and the report packed inside it. It asks nothing of the network; its policy allows the one script that
 * it was made with and no other, whatever a peer put into a topic; and the report is base64, in which nothing can end an element.
 */
export const html = atEnd(report => page(report).text)

/** The viewer without a report, into which one can be dropped. */
export function emptyViewer(): string {
  return page(undefined).text
}

function page(report: RunReport | undefined) {
  const { script, style, hash } = template
  const name = report ? `mqttspec: ${report.target.name}` : 'mqttspec: open a report'
  const said = report ? headline(report) : 'Drop a report here.'
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${raw(hash)}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${short(name, 110)}</title>
<style>${raw(style)}</style>
</head>
<body>
<div id="viewer"><main><h1>${short(name, 110)}</h1><p>${short(said, 1000)}</p><noscript>The pages of this report need JavaScript; mqttspec report convert writes it in other forms.</noscript></main></div>
<script type="application/octet-stream" id="report">${raw(report ? packed(report) : '')}</script>
<script>${raw(script)}</script>
</body>
</html>
`
}

function packed(report: RunReport): string {
  const texts = resultTexts(report.results)
  const text = [...reportParts(report, (_, index) => texts[index]!)].join('')
  return gzipSync(text, { level: 9 }).toString('base64')
}

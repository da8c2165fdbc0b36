import { scoreOf } from './counting/score.ts'
import { atEnd } from './reporter.ts'

/** For an endpoint badge of shields.io: how many of the MUSTs that were tested hold. */
export const badge = atEnd(report => {
  const { met, tested, percent } = scoreOf(report, 'MUST')
  const judged = report.problem === undefined && tested > 0
  const accepted = report.results.some(({ known }) => known?.outcome === 'expected')
  const colour =
    report.exitCode === 0 ? (accepted ? 'yellow' : 'brightgreen') : percent >= 95 ? 'orange' : 'red'
  const shown = {
    schemaVersion: 1,
    label: 'MQTT conformance',
    message: judged ? `MUST ${met}/${tested}` : 'not judged',
    color: judged ? colour : 'lightgrey',
  }
  return `${JSON.stringify(shown)}\n`
})

import { html } from './markup.ts'

/** For light and dark: every colour is named once, each with its two faces. */
export const style = html`
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2128; --quiet: #667080; --line: #d8dde4; --panel: #f5f7f9;
  --red: #c0262d; --amber: #9a6200; --green: #19713a; --violet: #7a3fb0; --blue: #0b62b4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --ink: #dfe4ea; --quiet: #8d98a6; --line: #323a44; --panel: #1b2027;
    --red: #ff7b76; --amber: #e3b04b; --green: #62c682; --violet: #c79bf2; --blue: #74b4f2;
  }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.3rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .6rem }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem }
code, pre { font: 13px/1.35 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace }
header { border-left: 6px solid var(--tone); padding: .2rem 0 .2rem 1rem }
.verdict { font-size: 1.5rem; font-weight: 600; color: var(--tone); margin: .2rem 0 .6rem }
dl { display: grid; grid-template-columns: fit-content(16rem) minmax(0, 1fr); gap: .1rem 1rem; margin: .4rem 0 }
dt { color: var(--quiet) } dd { margin: 0 }
.pass, .met { --tone: var(--green) } .warn, .known, .SHOULD { --tone: var(--amber) }
.fail, .error, .broken, .MUST { --tone: var(--red) } .inconclusive, .unstable { --tone: var(--violet) }
.skipped, .untested, .untestable, .MAY { --tone: var(--quiet) }
.filters { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; margin: 0 0 .5rem }
.filters label { color: var(--tone); font-weight: 600; cursor: pointer }
h3 span { color: var(--quiet); font-weight: 400 }
.case { border: 1px solid var(--line); border-left: 4px solid var(--tone); border-radius: 4px; margin: .3rem 0 }
.case > :not(summary) { margin-left: 1rem; margin-right: 1rem }
summary { padding: .35rem .7rem; cursor: pointer }
summary:hover { background: var(--panel) }
.badge { display: inline-block; min-width: 6.2em; color: var(--tone); font-weight: 600; font-size: .85em }
.title { color: var(--quiet); margin-left: .5em } .time { float: right; color: var(--quiet); font-size: .85em }
.finding { border-left: 3px solid var(--tone); padding-left: .8rem; margin: .8rem 0 }
.finding p { margin: 0 } .finding strong { color: var(--tone) }
.ladder { background: var(--panel); border-radius: 4px; padding: .8rem; overflow-x: auto; white-space: pre;
  overflow-wrap: normal; line-height: 1.25 }
.dim { color: var(--quiet) } .fault { color: var(--amber) } .message { color: var(--red) }
.ladder .finding { all: unset; color: var(--red); font-weight: 700 }
.replay code { user-select: all; color: var(--blue) }
table { border-collapse: collapse; width: 100% }
th { text-align: left; color: var(--quiet); font-weight: 500 }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td:last-child { white-space: nowrap }
figure { margin: .6rem 0; overflow-x: auto } figcaption { color: var(--quiet) }
.machine text { fill: var(--ink); font-size: 12px } .machine .state { fill: var(--panel); stroke: var(--quiet) }
.machine path { fill: none; stroke: var(--green) } .machine .head { fill: var(--green) }
.machine .broke { stroke: var(--red) } .machine text.broke { fill: var(--red); stroke: none } .machine .broke.head { fill: var(--red) }
.machine .never { stroke: var(--quiet); stroke-dasharray: 4 4 } .machine text { stroke: none }
.machine text.never { fill: var(--quiet); stroke: none } .machine .never.head { fill: var(--quiet) }
footer { color: var(--quiet); margin-top: 2rem; font-size: .85em }
`

/** For light and dark: every colour is named once, each with its two faces. */
export const style = `:root { color-scheme: light dark; --paper: #fff; --ink: #1c2128; --quiet: #5d6775; --line: #d8dde4; --panel: #f4f6f8;
  --red: #c0262d; --amber: #8f5b00; --green: #19713a; --blue: #0b5cab }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #dfe4ea; --quiet: #96a1af; --line: #323a44; --panel: #1b2027;
  --red: #ff7b76; --amber: #e3b04b; --green: #62c682; --blue: #7db8f5 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 88rem; margin: 0 auto; padding: 1rem 1.25rem 4rem } nav { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: .6rem 1.25rem; background: var(--panel); border-bottom: 1px solid var(--line) }
nav a:first-child { font-weight: 650; color: var(--ink) } a { color: var(--blue); text-decoration: none } a:hover { text-decoration: underline }
h1 { font-size: 1.4rem } h2 { font-size: 1.15rem; margin: 2rem 0 .6rem } h3 { font-size: 1rem; margin: 1.2rem 0 .4rem }
small { color: var(--quiet); font-weight: 400 } code, pre { font: 13px/1.35 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace }
table { border-collapse: collapse } th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top } thead th { color: var(--quiet); font-weight: 500 }
.number { font-variant-numeric: tabular-nums; white-space: nowrap } .wide { overflow-x: auto } .wide table:not(.matrix) td { white-space: nowrap } .wide td small { white-space: normal } .wide table:not(.matrix) td.said { white-space: normal; min-width: 16rem } tbody th { font-weight: 550 } .wide table:not(.matrix) th { white-space: nowrap } .wide table:not(.matrix) :is(th, td) { padding-inline: .5rem }
.good { color: var(--green) } .bad { color: var(--red); font-weight: 650 } .so-so { color: var(--amber) } .skipped { color: var(--quiet) } p.score { font-size: 1.3rem; margin: 0 }
.matrix td { text-align: center; padding: .15rem .4rem; border: 1px solid var(--paper); min-width: 2.3rem } .matrix td a { display: block; color: inherit }
.matrix td.good { background: color-mix(in srgb, var(--green) 18%, var(--paper)) } .matrix td.bad { background: color-mix(in srgb, var(--red) 24%, var(--paper)) } .matrix td.so-so { background: color-mix(in srgb, var(--amber) 20%, var(--paper)) }
.matrix thead th { position: sticky; top: 0; background: var(--paper); text-align: center; vertical-align: bottom } .matrix thead th span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap } .matrix tbody th { font-weight: 400; min-width: 15rem } .statements tbody th { min-width: 22rem } .statements td { vertical-align: middle } .matrix small { display: block; max-width: 44rem }
.broken { border-left: 4px solid currentColor; padding: .1rem 0 .1rem 1rem; margin: 1.4rem 0 } .broken > * { color: var(--ink); font-weight: 400 } .broken h3 { margin: 0; font-weight: 650 } .broken p { margin: .3rem 0 } .broken:target { background: var(--panel) }
blockquote { margin: .3rem 0; color: var(--quiet) !important } pre { background: var(--panel); border-radius: 5px; padding: .7rem; overflow-x: auto; line-height: 1.25 }
@media (max-width: 640px) { main { padding: .6rem .8rem 3rem } .matrix tbody th, .statements tbody th { min-width: 9rem; overflow-wrap: anywhere } .matrix td { min-width: 2rem } }
`

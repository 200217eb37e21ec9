// @ts-check
/** The look of `<sync-inspector>`, in both colour schemes. Colours are custom properties; sections are parts. */

export const INSPECTOR_CSS = `
:host {
  --ok: var(--sync-inspector-ok, light-dark(#14764f, #4fcf95)); --bad: var(--sync-inspector-error, light-dark(#bb2a33, #ff8a84));
  --warn: var(--sync-inspector-warn, light-dark(#965500, #f0b04f)); --accent: var(--sync-inspector-accent, light-dark(#2563c9, #7db2ff));
  --muted: var(--sync-inspector-muted, light-dark(#57646f, #a2aeb8)); --line: var(--sync-inspector-line, color-mix(in srgb, currentColor 16%, transparent));
  --field: var(--sync-inspector-field, color-mix(in srgb, currentColor 5%, transparent));
  display: block; container-type: inline-size; font: inherit; line-height: 1.45; overflow-wrap: anywhere; font-variant-numeric: tabular-nums;
}
:host([hidden]), [hidden] { display: none !important; }
:host(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 4px; }
*, ::before { box-sizing: border-box; }
[part="body"] { display: grid; gap: 1.5em; grid-template-columns: minmax(0, 1fr); }
h3 { margin: 0 0 .5em; font-size: 1em; font-weight: 650; }
p, ul, dl, dd { margin: 0; padding: 0; list-style: none; }
.muted, .none, dt, th, .head { color: var(--muted); font-size: .875em; font-weight: 400; }
.count { color: var(--muted); font-weight: 400; }
.wrong, [part="problem"] { color: var(--bad); }
.wrong:empty, [part="problem"]:empty { display: none; }
.rows { display: grid; grid-template-columns: minmax(0, 1fr); }
.rows > li { display: grid; grid-template-columns: minmax(0, 1fr); gap: .6em; padding-block: .8em; border-block-start: 1px solid var(--line); }
.line { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25em .75em; }
.line .about { flex: 1 1 12em; min-inline-size: 0; }
.tag { padding: .1em .6em; border-radius: 99em; background: var(--field); font-size: .8125em; }
.actions { display: flex; flex-wrap: wrap; gap: .5em; }
button {
  min-block-size: 2.25em; padding: .3em .9em; font: inherit; font-weight: 550; color: inherit; cursor: pointer;
  background: transparent; border: 1px solid var(--line); border-radius: .5em;
}
button:hover:not(:disabled) { border-color: currentColor; }
button:disabled { opacity: .5; cursor: default; }
button.primary { border-color: var(--accent); color: var(--accent); }
button.danger { border-color: var(--bad); color: var(--bad); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
textarea { inline-size: 100%; padding: .6em; font: .875em/1.5 ui-monospace, monospace; color: inherit; background: var(--field); border: 1px solid var(--line); border-radius: .5em; resize: vertical; }
textarea[aria-invalid] { border-color: var(--bad); }
.editor { display: grid; gap: .5em; }
input[type="radio"] { flex: none; margin: .2em 0 0; accent-color: var(--accent); }
.table { display: grid; font-size: .9375em; }
.table > [role="row"] { display: grid; grid-template-columns: minmax(0, .8fr) repeat(3, minmax(0, 1fr)); gap: .75em; padding-block: .3em; border-block-start: 1px solid var(--line); }
.table > .head { border: 0; }
.table label { display: flex; gap: .45em; cursor: pointer; }
.table .value { max-block-size: 12em; min-inline-size: 0; overflow: auto; white-space: pre-wrap; }
.table [role="rowheader"] { color: var(--muted); }
.table .changed .value { color: var(--warn); font-weight: 550; }
.table [data-changed="no"] .value { color: var(--muted); }
.chart { min-block-size: 100px; overflow: hidden; }
svg { display: block; max-inline-size: 100%; }
svg text { font-size: 11px; fill: var(--muted); }
.grid, .axis { stroke: var(--line); }
.mark { --tone: var(--ok); fill: var(--tone); stroke: var(--tone); stroke-width: 2; stroke-linecap: round; }
.mark.failed { --tone: var(--bad); stroke-width: 2.5; }
.mark.attention { --tone: var(--warn); }
.mark.running { --tone: var(--accent); fill: none; }
.mark .stem { stroke-width: 1; opacity: .4; }
.mark .span { stroke-width: 4; }
.mark rect { stroke: none; }
.mark .pushed { fill: var(--accent); }
.mark .pulled { fill: var(--muted); }
details { margin-block-start: .5em; }
summary { cursor: pointer; inline-size: fit-content; color: var(--muted); font-size: .875em; }
.scroll { max-block-size: 16em; overflow: auto; }
table { inline-size: 100%; border-collapse: collapse; font-size: .9375em; }
th, td { padding: .25em .75em .25em 0; text-align: start; vertical-align: top; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(10.5em, 100%), 1fr)); gap: .75em 1em; }
@container (max-width: 32em) {
  .table > .head { display: none; }
  .table > [role="row"] { grid-template-columns: minmax(0, 1fr); gap: .2em; padding-block: .6em; }
  .table [role="rowheader"] { font-weight: 650; }
  .table [role="cell"] { display: grid; grid-template-columns: 6.5em minmax(0, 1fr); gap: .5em; }
  .table [role="cell"]::before { content: attr(data-title); color: var(--muted); font-size: .875em; }
  th, td { padding-inline-end: .4em; }
}`;

// @ts-check
/** The look of `<sync-status>`. Colours of states are custom properties; shapes are parts. */

export const STATUS_CSS = `
:host { display: inline-block; vertical-align: middle; font: inherit; line-height: 1.25; }
:host([hidden]) { display: none; }
[hidden] { display: none !important; }
button { font: inherit; color: inherit; cursor: pointer; margin: 0; background: none; border: 0; }
[part="box"] {
  box-sizing: border-box; display: inline-flex; align-items: stretch;
  inline-size: var(--sync-status-width, 14.5em); max-inline-size: 100%; min-block-size: 2.25em;
  color: var(--sync-status-color, inherit); background: var(--sync-status-background, transparent);
  border: 1px solid var(--sync-status-border, color-mix(in srgb, currentColor 18%, transparent));
  border-radius: var(--sync-status-radius, 99em);
}
[part="box"]:hover { border-color: color-mix(in srgb, currentColor 38%, transparent); }
[part="button"] {
  display: inline-flex; flex: 1; align-items: center; gap: .5em; min-inline-size: 0; padding: .3em .25em .3em .6em;
  overflow: hidden; text-align: start; font-variant-numeric: tabular-nums; white-space: nowrap; border-radius: inherit;
}
[part="more"] { flex: none; display: grid; place-items: center; inline-size: 1.9em; padding: 0 .35em 0 0; border-radius: inherit; opacity: .75; }
[part="more"]:hover { opacity: 1; }
[part="more"] svg { inline-size: 1em; block-size: 1em; color: inherit; }
button:focus-visible { outline: 2px solid var(--sync-status-focus, Highlight); outline-offset: 2px; }
svg {
  flex: none; inline-size: 1.15em; block-size: 1.15em; fill: none; stroke: currentColor;
  stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; color: var(--tone);
}
[part="label"] { overflow: hidden; text-overflow: ellipsis; }
[part="live"] { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:host { --tone: var(--sync-status-idle, #73808c); }
:host([state="synced"]) { --tone: var(--sync-status-ok, #14865a); }
:host([state="syncing"]) { --tone: var(--sync-status-busy, #2f6fde); }
:host([state="pending"]), :host([state="offline"]) { --tone: var(--sync-status-waiting, #b26a00); }
:host([state="error"]), :host([state="signed-out"]) { --tone: var(--sync-status-error, #cf3038); }
:host([compact]) [part="box"] { inline-size: auto; }
:host([compact]) [part="button"] { padding-inline: .55em; gap: .35em; min-inline-size: 2.25em; justify-content: center; }
:host([compact]) [part="label"] { position: absolute; inline-size: 1px; block-size: 1px; clip-path: inset(50%); }
:host([compact]) [part="button"]:has(+ [part="more"]:not([hidden])) { padding-inline-end: .1em; }
[part="count"] { display: none; font-size: .8em; font-weight: 600; min-inline-size: 2.2em; text-align: center; }
:host([compact]) [part="count"] { display: block; }
[part="panel"] {
  box-sizing: border-box; position: fixed; inset: auto; margin: 0; inline-size: min(22em, calc(100vw - 1.5em)); padding: 1em; overflow: auto;
  color: var(--sync-status-panel-color, CanvasText); background: var(--sync-status-panel-background, Canvas);
  border: 1px solid var(--sync-status-border, color-mix(in srgb, currentColor 18%, transparent)); border-radius: .8em;
  box-shadow: 0 8px 30px rgb(0 0 0 / .2); overflow-wrap: anywhere;
}
[part="panel"]:popover-open { display: grid; gap: .6em; }
p, ul { margin: 0; padding: 0; list-style: none; }
[part="sentence"] { font-weight: 650; }
[part="problem"] { border-inline-start: 3px solid var(--tone); padding-inline-start: .6em; }
[part="facts"] { font-size: .9em; opacity: .8; font-variant-numeric: tabular-nums; }
progress { inline-size: 100%; accent-color: var(--tone); }
[part="actions"] { display: flex; flex-wrap: wrap; gap: .5em; }
[part="actions"] button { min-block-size: 2.25em; padding: .3em .9em; border: 1px solid color-mix(in srgb, currentColor 30%, transparent); border-radius: .5em; font-weight: 550; }
[part="actions"] button:hover { border-color: currentColor; }
@media (prefers-reduced-motion: no-preference) {
  :host([state="syncing"]) [part="icon"] { animation: turn 1s linear infinite; }
  @keyframes turn { to { rotate: 1turn; } }
}
@media (forced-colors: active) { svg { color: ButtonText; } }`;

// How the overlay looks. A constructed sheet, which a strict content security policy lets pass.

export const overlayStyle = `
:host { all: initial; position: fixed; right: 12px; bottom: 12px; z-index: 2147483647; }
* { box-sizing: border-box; }
section { width: min(440px, calc(100vw - 24px)); height: min(480px, calc(100vh - 24px)); display: flex; flex-direction: column;
  font: 12px/1.45 system-ui, sans-serif; color: #e8eaf0; background: #14161f; border: 1px solid #343a4d; border-radius: 10px;
  box-shadow: 0 8px 28px #0007; overflow: hidden; }
section.folded { width: auto; height: auto; }
#body { display: flex; flex-direction: column; flex: 1; min-height: 0; }
header { display: flex; align-items: center; gap: 8px; padding: 6px 6px 6px 12px; }
h1 { font-size: 12px; margin: 0; }
.summary { flex: 1; color: #a9b1c6; font-variant-numeric: tabular-nums; }
button { font: inherit; color: inherit; background: #232838; border: 1px solid #3a4159; border-radius: 6px; padding: 2px 9px; cursor: pointer; }
button:hover { background: #2d3448; }
button:focus-visible { outline: 2px solid #7db4ff; outline-offset: 1px; }
nav { display: flex; gap: 6px; padding: 0 12px 8px; border-bottom: 1px solid #2a2f40; }
nav button[aria-pressed=true] { background: #2f5fb3; border-color: #5288e0; }
dl { display: grid; grid-template-columns: repeat(5, 1fr); gap: 4px; margin: 0; padding: 4px 12px 10px; }
dl div { display: flex; flex-direction: column-reverse; }
dt { color: #a9b1c6; font-size: 11px; }
dd { margin: 0; font-size: 15px; font-variant-numeric: tabular-nums; }
ol { list-style: none; margin: 0; padding: 4px 0; overflow: auto; flex: 1; }
li { display: flex; justify-content: space-between; gap: 10px; padding: 4px 12px; }
li.column { display: block; }
li + li { border-top: 1px solid #20242f; }
li button { padding: 0 5px; margin-left: -6px; background: none; border-color: transparent; text-align: left; }
.name { overflow-wrap: anywhere; }
.fate { white-space: nowrap; color: #a9b1c6; }
.state { display: block; color: #f0c674; }
.good { color: #7fd39a; }
.bad { color: #ff9a8d; }
.ended .name { text-decoration: line-through; color: #8c93a8; }
.empty { color: #a9b1c6; }
[hidden] { display: none !important; }
`

/** A box around the element that a row is about, in pixels of the viewport. */
export const boxStyle = ({ top, left, width, height }: DOMRect) => `
.box { position: fixed; top: ${top}px; left: ${left}px; width: ${width}px; height: ${height}px; outline: 3px solid #4f93ff;
  outline-offset: -1px; background: #4f93ff22; pointer-events: none; }`

/** How the page of a report looks; colours are those of the service's page. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ground: #f6f4f9; --panel: #fff; --line: #dcd6e6; --edge: #8a7fa0; --text: #1d1730;
  --faint: #5f5673; --accent: #6a2fb0; --hover: #f0eaf8; --good: #0e6b3c; --bad: #b0182c; font: 16px/1.55 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #120f1a; --panel: #1c1827; --line: #383148; --edge: #7d7394; --text: #ece8f4; --faint: #a79fba;
    --accent: #c39bff; --hover: #262034; --good: #6fdc9f; --bad: #ff8d93; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); }
header, main, footer { max-width: 78rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem); }
header { padding-top: 3rem; }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; letter-spacing: -0.025em; overflow-wrap: anywhere; }
h2 { margin: 0 0 1.25rem; font-size: 1.35rem; letter-spacing: -0.015em; }
h3 { margin: 0 0 0.6rem; font-size: 1rem; }
a { color: var(--accent); }
header p, .quiet { color: var(--faint); margin: 0.4rem 0 0; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin: 1rem 0 0; padding: 0; list-style: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1px; margin: 2rem 0 0;
  border: 1px solid var(--line); border-radius: 12px; overflow: hidden; background: var(--line); }
.numbers div { background: var(--panel); padding: 1.1rem 1.3rem; display: flex; flex-direction: column-reverse; }
.numbers dt { color: var(--faint); font-size: 0.875rem; }
.numbers dd { margin: 0; font-size: 1.7rem; line-height: 1.25; font-weight: 600; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
section { margin: 2.25rem 0; padding: clamp(1.1rem, 3vw, 2rem); background: var(--panel); border: 1px solid var(--line); border-radius: 12px; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { white-space: nowrap; padding: 0.55rem 0.8rem; text-align: right; border-bottom: 1px solid var(--line); vertical-align: middle; }
th:first-child, td:first-child { padding-left: 0; } th:last-child, td:last-child { padding-right: 0; }
th { font-size: 0.875rem; font-weight: 600; color: var(--faint); white-space: nowrap; vertical-align: bottom; }
.left, tbody th { text-align: left; } tbody th.left, tbody td.left { white-space: normal; } tbody th { color: inherit; font-size: inherit; font-weight: 500; vertical-align: middle; }
tbody tr:last-child > * { border-bottom: 0; }
.best { color: var(--accent); font-weight: 650; }
.aside { color: var(--faint); font-size: 0.875em; white-space: nowrap; }
figure { margin: 0; min-width: 0; }
figcaption { font-size: 0.9rem; font-weight: 600; margin: 0 0 0.7rem; }
.charts { display: flex; flex-wrap: wrap; gap: 2.25rem 3rem; margin: 0 0 2rem; }
.chart { overflow-x: auto; } .chart svg { display: block; max-width: 100%; height: auto; }
summary { cursor: pointer; color: var(--accent); }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 0.6rem 1.2rem; margin: 0 0 1.2rem; }
.tools label { display: flex; align-items: center; gap: 0.6rem; flex: 1 1 18rem; max-width: 32rem; font-weight: 600; font-size: 0.9rem; }
input { flex: 1; min-width: 0; font: inherit; font-weight: 400; padding: 0.5rem 0.8rem; color: inherit; background: var(--ground); border: 1px solid var(--edge); border-radius: 8px; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
th button { font-weight: 600; } th button:hover, .name:hover { color: var(--accent); }
th button { position: relative; }
th button::after { content: ''; position: absolute; right: 100%; width: 1em; text-align: center; } th.left button::after { right: auto; left: 100%; }
th[aria-sort='ascending'] button::after { content: '\\2191'; } th[aria-sort='descending'] button::after { content: '\\2193'; }
th[aria-sort='ascending'], th[aria-sort='descending'] { color: var(--accent); }
#rows td.picture { width: 6.1rem; padding: 0.45rem 0.8rem 0.45rem 0; }
#rows td.picture img, .none { display: block; width: 84px; height: 63px; object-fit: cover; object-position: top; border-radius: 6px; background: var(--ground); }
img.coarse { image-rendering: pixelated; }
.name { display: flex; min-width: 10rem; text-align: left; font-weight: 600; overflow-wrap: anywhere; }
.name::before { content: '\\25B8'; flex: none; width: 1.1em; color: var(--faint); }
.name[aria-expanded='true']::before { content: '\\25BE'; }
.open > * { border-bottom: 0; }
.detail > td { text-align: left; white-space: normal; padding: 0.25rem 0 2rem; }
/* As wide as the table is, whatever stands in it. */
.inner { width: 0; min-width: 100%; }
.label { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: 1.25rem; margin: 0 0 1.5rem; }
.pictures .wide { grid-column: 1 / -1; max-width: 70rem; }
.pictures img { display: block; width: 100%; border-radius: 8px; background: var(--ground); }
.pictures figcaption { margin: 0.4rem 0 0; font-weight: 400; color: var(--faint); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.35rem 1.5rem; margin: 0 0 1.2rem; }
.facts dt { color: var(--faint); } .facts dd { margin: 0; overflow-wrap: anywhere; }
.detail ul { margin: 0 0 1.2rem; padding-left: 1.2rem; } .detail table { width: auto; min-width: 50%; }
.words { line-height: 1.9; overflow-wrap: anywhere; } mark { color: inherit; background: color-mix(in srgb, var(--accent) 35%, transparent); border-radius: 3px; padding: 0.1em 0.2em; }
.good { color: var(--good); } .bad { color: var(--bad); }
.more { display: block; margin: 1.2rem auto 0; padding: 0.55rem 1.4rem; border: 1px solid var(--edge); border-radius: 8px; font-weight: 600; }
.more:hover { background: var(--hover); }
.more[hidden] { display: none; }
footer { padding-bottom: 3rem; color: var(--faint); font-size: 0.875rem; }
@media (max-width: 54rem) { .wide { display: none; } .chart svg { max-width: none; } }
@media (max-width: 34rem) { .middle, #rows > tr > td > .aside { display: none; } .name { min-width: 6rem; } th, td { padding: 0.5rem; } .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin: 0 0 0.6rem; }
  #rows td.picture { width: 4rem; } #rows td.picture img, .none { width: 56px; height: 56px; } header { padding-top: 1.5rem; } h1 { font-size: 1.6rem; } }
@media print { .tools, .more, nav { display: none; } section { border: 0; padding: 0; } }
`;

// Small multiples as SVG: seconds to proof (log) over one parameter each. A hollow mark means that the median run ended at
// the limit; its gap is written beside it. Middle greys and one blue are legible on light and dark pages.

const PANEL = { width: 190, height: 170, left: 46, top: 34, gap: 18 };
const INK = '#808891';
const BLUE = '#3b8ed0';
const LEAST_SECONDS = 0.01;

export function sweepsPlot(results, limit) {
  const width = PANEL.left + results.length * (PANEL.width + PANEL.gap);
  const height = PANEL.top + PANEL.height + 48;
  const most = Math.max(10, limit);
  const y = (seconds) => {
    const share = Math.log(Math.max(seconds, LEAST_SECONDS) / LEAST_SECONDS) / Math.log(most / LEAST_SECONDS);
    return PANEL.top + PANEL.height * (1 - share);
  };
  const ticks = [0.01, 0.1, 1, 10].filter((tick) => tick <= most);
  const parts = results.map(({ label, base, measured }, panel) => {
    const left = PANEL.left + panel * (PANEL.width + PANEL.gap);
    const x = (at) => left + ((at + 0.5) / measured.length) * PANEL.width;
    const points = measured.map(({ seconds }, at) => `${x(at).toFixed(1)},${y(seconds).toFixed(1)}`);
    return [
      text(left + PANEL.width / 2, PANEL.top - 12, label, 'font-size="14" font-weight="600"'),
      ...ticks.map((tick) => rule(left, left + PANEL.width, y(tick), '0.25')),
      rule(left, left + PANEL.width, y(limit), '0.8', 'stroke-dasharray="4 3"'),
      `<polyline points="${points.join(' ')}" fill="none" stroke="${BLUE}" stroke-width="2"/>`,
      ...measured.map(({ value, seconds, gap }, at) => {
        const open = seconds >= limit;
        const mark = `<circle cx="${x(at).toFixed(1)}" cy="${y(seconds).toFixed(1)}" r="4" fill="${open ? 'none' : BLUE}" stroke="${BLUE}" stroke-width="2"/>`;
        const note = open ? text(x(at), y(seconds) - 6, `${(100 * gap).toFixed(0)} %`) : '';
        const bold = value === base ? 'font-weight="700"' : '';
        return mark + note + text(x(at), PANEL.top + PANEL.height + 18, value, bold);
      }),
    ].join('\n');
  });
  const scale = ticks.map((tick) => text(PANEL.left - 8, y(tick) + 4, `${tick} s`, 'text-anchor="end"'));
  const legend = `Seconds to proof, medians; dashed: the limit of ${limit} s; hollow: not proven by then, with the gap; bold: the base value`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="${INK}" role="img" aria-label="Seconds to proof over k, kernel side, stride, window and γ">
${scale.join('\n')}
${parts.join('\n')}
${text(PANEL.left, height - 8, legend, 'text-anchor="start"')}
</svg>
`;
}

const text = (x, y, words, attributes = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes.includes('text-anchor') ? '' : 'text-anchor="middle" '}${attributes}>${words}</text>`;

const rule = (from, to, y, opacity, attributes = '') =>
  `<line x1="${from}" x2="${to}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" stroke="${INK}" opacity="${opacity}" ${attributes}/>`;

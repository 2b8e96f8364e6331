import type { Sweep } from '../../api/sweep.js';
import { shortHeading } from '../method-headings.js';
import type { Chart } from './draw-charts.js';
import type { ReportedEvaluation } from './read-measurements.js';

/** The page's accent, which reads on light and dark, and the lightest of its tints. */
const ACCENT = '#8f5bd6';
const TINT = '#efe6fb';
const FULL = '#5a1fa3';
/** More points than these are a cloud: the boxes alone are drawn. */
const MOST_POINTS = 6000;

/** The saliency metric of every image, per method: a box and its points, the best median first. */
export function lscChart({ lsc, table }: ReportedEvaluation): Chart | null {
  const known = lsc.filter(({ values }) => values.length > 0);
  if (known.length === 0) return null;
  const median = (values: readonly number[]) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const sorted = [...known].sort((a, b) => median(a.values) - median(b.values));
  const name = shortHeading;
  const points = sorted.flatMap(({ method, values }) =>
    values.map((value, at) => ({ method: name(method), value, place: ((at * 0.618034) % 1) - 0.5 })),
  );
  const x = {
    field: 'value',
    type: 'quantitative',
    title: 'LSC, lower is better',
    scale: { zero: false, nice: true },
  };
  const y = { field: 'method', type: 'nominal', title: null, sort: sorted.map(({ method }) => name(method)) };
  const layer = [
    ...(points.length <= MOST_POINTS
      ? [
          {
            mark: { type: 'circle', size: 14, color: ACCENT, opacity: 0.45 },
            encoding: {
              x,
              y,
              yOffset: { field: 'place', type: 'quantitative', scale: { domain: [-0.9, 0.9] } },
            },
          },
        ]
      : []),
    {
      mark: {
        ...{ type: 'boxplot', extent: 1.5, size: 16, outliers: points.length > MOST_POINTS },
        box: { fill: ACCENT, fillOpacity: 0.2, stroke: ACCENT },
        median: { color: ACCENT, thickness: 3 },
        rule: { color: ACCENT },
        ticks: false,
      },
      encoding: { x, y },
    },
  ];
  return {
    title: 'Distribution of the LSC per method',
    description:
      `Box plots of the saliency metric over ${table.correct} images, the best median first: ` +
      sorted.map(({ method, values }) => `${name(method)} ${median(values).toFixed(2)}`).join(', '),
    spec: { data: { values: points }, width: 640, height: { step: 44 }, layer },
  };
}

type Row = Sweep['rows'][number];

/** One quantity over top-k and gamma, a panel for each window. */
function heatMap(
  sweep: Sweep,
  title: string,
  valueOf: (row: Row) => number | null,
  format: string,
): Chart | null {
  const rows = sweep.rows.flatMap((row) => {
    const value = valueOf(row);
    return value === null
      ? []
      : [{ topK: String(row.topK), gamma: String(row.gamma), window: String(row.window), value }];
  });
  if (rows.length === 0) return null;
  const values = rows.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // Above it white reads better than ink.
  const dark = least + 0.62 * (most - least);
  const order = (field: 'topK' | 'gamma' | 'window') => [...new Set(rows.map((row) => row[field]))];
  const windows = order('window');
  const x = {
    scale: { paddingInner: 0.04 },
    field: 'gamma',
    type: 'ordinal',
    title: 'gamma',
    sort: order('gamma'),
    axis: { labelAngle: 0, domain: false, ticks: false },
  };
  const y = {
    scale: { paddingInner: 0.05 },
    field: 'topK',
    type: 'ordinal',
    title: 'top-k',
    sort: order('topK'),
    axis: { domain: false, ticks: false },
  };
  const scale = { range: [TINT, FULL], domain: least === most ? [least - 1, most + 1] : [least, most] };
  const panel = {
    width: { step: 64 },
    height: { step: 40 },
    layer: [
      {
        mark: { type: 'rect', cornerRadius: 3 },
        encoding: { x, y, color: { field: 'value', type: 'quantitative', legend: null, scale } },
      },
      {
        mark: { type: 'text', fontSize: 12 },
        encoding: {
          x,
          y,
          text: { field: 'value', type: 'quantitative', format },
          color: { condition: { test: `datum.value > ${dark}`, value: '#ffffff' }, value: '#1d1730' },
        },
      },
    ],
  };
  const data = { values: rows };
  return {
    title,
    description:
      `${title} over top-k and gamma${windows.length > 1 ? ', a panel per window' : ''}, from ${least.toPrecision(3)} to ${most.toPrecision(3)}; ` +
      'the table below has the numbers',
    spec:
      windows.length > 1
        ? {
            data,
            facet: { column: { field: 'window', type: 'ordinal', title: 'window', sort: windows } },
            spec: panel,
          }
        : { data, ...panel },
  };
}

/** Heat maps of a sweep's means. */
export function sweepCharts(sweep: Sweep): Chart[] {
  return [
    heatMap(sweep, 'Share kept', ({ sparsity }) => sparsity, '.0%'),
    heatMap(sweep, 'Size, cells', ({ size }) => size, '.4~r'),
    heatMap(sweep, 'LSC, lower is better', ({ lsc }) => lsc, '.2f'),
    heatMap(sweep, 'Class kept', ({ classKept }) => classKept, '.0%'),
    heatMap(sweep, 'Proven smallest', ({ proven }) => proven, '.0%'),
    heatMap(sweep, 'Time, seconds', ({ seconds }) => seconds, '.2~r'),
  ].flatMap((chart) => chart ?? []);
}

/** How much of the images is kept: one bar per twentieth. */
export function shareChart(shares: readonly number[]): Chart | null {
  if (shares.length < 2) return null;
  const BARS = 20;
  const counts = new Array<number>(BARS).fill(0);
  for (const share of shares) counts[Math.min(BARS - 1, Math.floor(share * BARS))]++;
  const values = counts.map((count, bar) => ({ from: bar / BARS, to: (bar + 1) / BARS, count }));
  return {
    title: 'Share of the area that is kept',
    description: `Histogram over ${shares.length} images`,
    spec: {
      ...{ data: { values }, width: 560, height: 150 },
      mark: { type: 'bar', color: ACCENT, binSpacing: 2 },
      encoding: {
        x: {
          field: 'from',
          type: 'quantitative',
          bin: { binned: true },
          title: null,
          axis: { format: '.0%', grid: false },
          scale: { domain: [0, 1] },
        },
        x2: { field: 'to' },
        y: {
          field: 'count',
          type: 'quantitative',
          title: 'images',
          stack: null,
          axis: { tickMinStep: 1, tickCount: 4 },
        },
      },
    },
  };
}

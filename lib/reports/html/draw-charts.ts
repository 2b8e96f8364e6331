import { SmugError } from '../../errors.js';

/** A chart of vega-lite, its title, and what it shows in words, for whoever does not see it. */
export interface Chart {
  title: string;
  description: string;
  spec: object;
}

/** What charts look like: everything that is ink follows the page's own colour, light or dark. */
const config = {
  background: null,
  font: 'system-ui, sans-serif',
  aria: false,
  view: { stroke: null },
  axis: {
    labelColor: 'currentColor',
    titleColor: 'currentColor',
    domainColor: 'currentColor',
    tickColor: 'currentColor',
    gridColor: 'currentColor',
    gridOpacity: 0.12,
    domainOpacity: 0.4,
    tickOpacity: 0.4,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    labelLimit: 320,
  },
  header: {
    labelColor: 'currentColor',
    titleColor: 'currentColor',
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
  },
};

/**
 * Draws charts as SVG with vega and vega-lite, which nothing else loads, and without a browser.
 * @throws SmugError MISSING_PART where they are not installed
 */
export async function drawCharts(charts: readonly Chart[]): Promise<string[]> {
  if (charts.length === 0) return [];
  const { vega, compile } = await loadVega();
  return Promise.all(
    charts.map(async ({ spec }, at) => {
      const view = new vega.View(vega.parse(compile({ ...spec, config }).spec), {
        renderer: 'none',
      });
      try {
        return partOfPage(await view.toSVG(), at);
      } finally {
        view.finalize();
      }
    }),
  );
}

/** One SVG of several on a page: its names are its own, and its marks are no elements for a screen reader. */
function partOfPage(svg: string, at: number): string {
  return svg
    .replace(/ (role|aria-[a-z]+)="[^"]*"/g, '')
    .replace(/(id="|url\(#)/g, `$1chart-${at}-`)
    .replace('<svg', '<svg aria-hidden="true"');
}

/** What is used of the two packages. Their own types would have to be there wherever this package is built. */
interface Vega {
  parse(spec: unknown): unknown;
  View: new (
    program: unknown,
    options: { renderer: 'none' },
  ) => { toSVG(): Promise<string>; finalize(): void };
}
interface VegaLite {
  compile(spec: object): { spec: unknown };
}

async function loadVega(): Promise<{ vega: Vega; compile: VegaLite['compile'] }> {
  try {
    const [vega, lite] = await Promise.all(
      ['vega', 'vega-lite'].map((name): Promise<unknown> => import(name)),
    );
    return { vega: vega as Vega, compile: (lite as VegaLite).compile };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new SmugError(
      'MISSING_PART',
      'Charts need vega and vega-lite, which are not installed: npm install vega vega-lite',
      { cause: error },
    );
  }
}

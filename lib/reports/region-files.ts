import type { RegionsDocument } from '../api/regions.js';
import type { Drawing } from '../explainers/drawing.js';
import { maskRegions, regionSum } from '../masks/regions.js';
import { htmlEscaped } from './escape.js';

/** The kept cells merged into connected regions. */
export function regionsDocument({ mask, viewport, saliency }: Drawing): RegionsDocument {
  const across = viewport.width / viewport.inputWidth;
  const down = viewport.height / viewport.inputHeight;
  const rounded = (value: number) => Number(value.toFixed(3));
  const regions = maskRegions(mask);
  const sums = regionSum(mask, regions, saliency);
  return {
    type: 'FeatureCollection',
    picture: { width: viewport.originalWidth, height: viewport.originalHeight },
    features: regions.map(({ cells, rings }, region) => ({
      type: 'Feature',
      properties: { cells: cells.length, saliency: sums[region] },
      geometry: {
        type: 'Polygon',
        // GeoJSON's rings end where they begin; the outline comes first.
        coordinates: [...rings]
          .sort((a, b) => area(b) - area(a))
          .map((ring) =>
            [...ring, ring[0]].map(([x, y]): [number, number] => [
              rounded(viewport.x + x * across),
              rounded(viewport.y + y * down),
            ]),
          ),
      },
    })),
  };
}

/** Positive for what runs clockwise on the screen. */
function area(ring: readonly (readonly [number, number])[]): number {
  return ring.reduce((sum, [x, y], at) => {
    const [nextX, nextY] = ring[(at + 1) % ring.length];
    return sum + x * nextY - nextX * y;
  }, 0);
}

/** The same as a picture of outlines, to be laid over the original. */
export function regionsSvg({ picture, features }: RegionsDocument, title: string): string {
  const { width, height } = picture;
  const stroke = Number((Math.max(width, height) / 250).toFixed(2));
  const paths = features.map(({ geometry, properties }) => {
    const d = geometry.coordinates
      .map(
        (ring) =>
          `M${ring
            .slice(0, -1)
            .map(([x, y]) => `${x} ${y}`)
            .join('L')}Z`,
      )
      .join('');
    return `<path d="${d}"><title>${properties.cells} cells</title></path>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title>${htmlEscaped(title)}</title>`,
    `<g fill="#e69f00" fill-opacity="0.15" fill-rule="evenodd" stroke="#e69f00" stroke-width="${stroke}" stroke-linejoin="round">`,
    ...paths,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

import { Type, type Static } from './schema.js';
import { count } from './shared.js';

const point = Type.Unsafe<[x: number, y: number]>(Type.Array(Type.Number(), { minItems: 2, maxItems: 2 }));

const region = Type.Object({
  type: Type.Literal('Feature'),
  properties: Type.Object({
    cells: count(),
    saliency: Type.Number({ description: 'The sum over its pixels.' }),
  }),
  geometry: Type.Object({
    type: Type.Literal('Polygon'),
    coordinates: Type.Array(Type.Array(point), {
      description: 'Rings that end where they begin: the outline first, then holes.',
    }),
  }),
});

/** What `--regions` writes as `NAME.regions.json`. */
export const regions = Type.Object(
  {
    type: Type.Literal('FeatureCollection'),
    picture: Type.Object({ width: count(), height: count() }),
    features: Type.Array(region, { description: 'The largest region first.' }),
  },
  {
    title: 'The kept cells merged into connected regions',
    description: 'Polygons as GeoJSON writes them, in pixels of the original picture, y downwards.',
  },
);

export type RegionsDocument = Static<typeof regions>;

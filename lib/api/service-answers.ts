/** What the service answers under /v1: the documents of the command line, and what only a client over HTTP asks for. */
import { attribution } from './attribution.js';
import { certificateSchema } from './certificate.js';
import { explanation } from './explanation.js';
import { picture } from './picture.js';
import { prediction } from './prediction.js';
import { Type, type Static, type TSchema } from './schema.js';
import { engineName, error, orNull } from './shared.js';
import { solution } from './solution.js';
import type { ServiceCall } from './service.js';
import { verdictSchema } from './verdict.js';

/** With `certificate`: as smug verify reads it. */
const proof = Type.Optional(certificateSchema);

export const serviceAnswers: Readonly<Record<ServiceCall, TSchema>> = {
  explain: Type.Object(
    { ...explanation.properties, picture: Type.Optional(picture), proof },
    { title: 'Explanation, as the service answers' },
  ),
  attribute: Type.Object(
    {
      ...attribution.properties,
      scores: Type.String({
        description: 'float32, little-endian, base64; their shape is attribution.shape.',
      }),
    },
    { title: "Attribution of a model's first layer, as the service answers" },
  ),
  predict: prediction,
  solve: Type.Object(
    { ...solution.properties, proof },
    { title: 'Solution of a mask problem, as the service answers' },
  ),
  verify: verdictSchema,
};

const servedModel = Type.Object({
  name: Type.String(),
  ready: Type.Boolean(),
  inputShape: Type.Array(Type.Integer(), { description: 'Below 0 where the model leaves it open.' }),
  takes: Type.Enum(['image', 'text']),
  classNames: orNull(
    Type.Array(Type.Union([Type.String(), Type.Null()])),
    'By index; null where the model declares none.',
  ),
  engine: engineName,
});

export type ServedModelDocument = Static<typeof servedModel>;

/** What GET /v1/models answers. KServe's client reads the names; ours reads more. */
export const servedModels = Type.Object(
  { models: Type.Array(Type.String()), details: Type.Array(servedModel), version: Type.String() },
  { title: 'Models that a service has' },
);

/** What any call answers that fails. */
export const serviceFailure = Type.Object({ error });

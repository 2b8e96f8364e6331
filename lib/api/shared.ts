import { Type, type Static, type TSchema } from './schema.js';

/** Parts that several documents have. */

export const count = (description?: string) =>
  Type.Integer({ minimum: 0, ...(description && { description }) });

export const milliseconds = (description?: string) =>
  Type.Number({ minimum: 0, ...(description && { description }) });

/** A number, or null where there is none. */
export const orNull = <Schema extends Parameters<typeof Type.Array>[0]>(
  schema: Schema,
  description: string,
) => Type.Union([schema, Type.Null()], { description });

/** An object that may have one value per name, and no other. */
export const perName = <const Name extends string, Schema extends TSchema>(
  names: readonly Name[],
  schema: Schema,
  annotations: { description?: string } = {},
) =>
  Type.Unsafe<{ [Each in Name]?: Static<Schema> }>(
    Type.Object(Object.fromEntries(names.map((name) => [name, Type.Optional(schema)])), annotations),
  );

export const zeroOrOne = Type.Array(Type.Enum([0, 1]));

export const files = Type.Array(Type.String(), { description: 'Paths of the files written for it.' });

export const engineName = Type.Enum(['cuda', 'cpu', 'tfjs', 'reference']);

export const solverName = Type.Enum(['libz3', 'z3-wasm'], { description: 'The back end that proved.' });

export const target = Type.Object(
  {
    index: count(),
    label: orNull(Type.String(), 'Null where the model declares no names.'),
    confidence: Type.Number({
      description:
        "The network's probability for it, whatever output is attributed; of a value: the value, or its distance from relativeTo.",
    }),
    predicted: Type.Optional(
      Type.Object(
        {
          index: count(),
          label: orNull(Type.String(), 'Null where the model declares no names.'),
          confidence: Type.Number(),
        },
        { description: 'The class that the network predicts, where another one is asked about.' },
      ),
    ),
    against: Type.Optional(
      Type.Object(
        {
          index: count(),
          label: orNull(Type.String(), 'Null where the model declares no names.'),
          confidence: Type.Number(),
        },
        { description: 'The class that this one is explained against: F is the difference of the two.' },
      ),
    ),
    value: Type.Optional(Type.Number({ description: 'With output value: what the network gives.' })),
    relativeTo: Type.Optional(Type.Number({ description: 'What that is measured from.' })),
  },
  { description: 'The class, or the output, in question.' },
);

export const attributedOutput = Type.Enum(['probability', 'logit', 'value'], {
  description: 'What was attributed.',
});

/** `{ code, message }`: codes are stable, see `SmugErrorCode`; the command line adds USAGE and INTERNAL. */
export const error = Type.Object({
  code: Type.String({ pattern: '^[A-Z_]+$' }),
  message: Type.String(),
});

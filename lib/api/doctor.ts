import { Type, type Static } from './schema.js';
import { count, engineName, orNull, solverName } from './shared.js';

const part = <Name extends Parameters<typeof Type.Array>[0]>(name: Name) =>
  Type.Array(
    Type.Object({
      name,
      available: Type.Boolean(),
      detail: Type.String({
        description: 'Versions, instruction set, threads, precisions; or the reason, in one line.',
      }),
    }),
  );

/** What `smug doctor --json` prints: what runs where on this machine, and why not. */
export const doctor = Type.Object(
  {
    version: Type.String(),
    node: Type.String(),
    platform: Type.String(),
    cores: count(),
    addon: Type.Object({
      loaded: Type.Boolean(),
      attempts: Type.Array(
        Type.Object({ path: Type.String(), outcome: Type.String(), reason: Type.Optional(Type.String()) }),
      ),
    }),
    engines: part(engineName),
    engine: orNull(engineName, 'What the options and the environment choose; null where it cannot run.'),
    solvers: part(solverName),
    solver: orNull(solverName, 'What the options and the environment choose; null where it cannot run.'),
    kernels: Type.Optional(
      Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
        description:
          'With --verbose: how many layers of the model, forward and gradient, run on which kernel of the engine; none where its library decides.',
      }),
    ),
    reasons: Type.Array(Type.String(), {
      description: 'Why engine and solver were chosen, or why what was asked for cannot run.',
    }),
  },
  { title: 'What runs where on this machine, and why not' },
);

/** What runs where on this machine, and why not. */
export type Capabilities = Static<typeof doctor>;

import { badOption } from '../errors.js';
import { option } from './option.js';
import { Type, whole } from './schema.js';

/** How far the integral of an attribution is taken. */
export const quadratureOptions = {
  tolerance: option({
    schema: Type.Number({ exclusiveMinimum: 0 }),
    help: 'completeness error to reach',
    calls: ['attribute', 'explain'],
    placeholder: 'T',
    default: 0.01,
  }),
  stop: option({
    schema: Type.Enum(['sum', 'top-k']),
    help: 'what must be settled: sum, the completeness error below the tolerance (and the nodes as --stability asks), or top-k, the chosen nodes alone, by --stability',
    calls: ['explain'],
    placeholder: 'sum|top-k',
    default: 'sum',
  }),
  stability: option({
    schema: Type.Number({ minimum: 0, maximum: 1 }),
    help: 'share of the chosen nodes that further refinement may not change, by estimate (default: 0.97 with --output auto or --stop top-k; else 0, completeness alone)',
    calls: ['attribute', 'explain'],
    placeholder: 'S',
  }),
  strict: option({
    schema: Type.Boolean(),
    help: 'an attribution that does not reach what is asked of it is an error, not a note',
    calls: ['attribute', 'explain'],
    default: false,
  }),
  steps: option({
    schema: whole(1, 100_000),
    help: 'exactly N Gauss-Legendre steps (default: as many as the tolerance, or stop, takes)',
    calls: ['attribute', 'explain'],
    placeholder: 'N',
  }),
  maxSteps: option({
    schema: whole(1, 100_000),
    help: 'never more steps than this',
    calls: ['attribute', 'explain'],
    placeholder: 'N',
    default: 255,
  }),
} as const;

/**
 * A fixed number of points is evaluated whatever is settled.
 * @throws RangeError that names `stop`
 */
export function refuseIdleStop({ stop, steps }: { stop?: unknown; steps?: unknown }): void {
  if (stop === 'top-k' && steps !== undefined)
    throw badOption('stop', stop, 'sum where steps is given: a fixed number of points is not refined');
}

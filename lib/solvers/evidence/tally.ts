import type { Confirmation } from './prove-component.js';

/** Claims counted by how they were confirmed: replayed exactly, proven again by an engine, or not shown. */
export interface Tally {
  count: number;
  replayed: { rows: number; dual: number; blocks: number; enumeration: number };
  reproven: Record<string, number>;
  /** Proven again only by the engine the certificate itself names: they rest on one engine alone. */
  oneEngine: number;
  unproven: number;
}

export function emptyTally(count: number): Tally {
  return {
    count,
    replayed: { rows: 0, dual: 0, blocks: 0, enumeration: 0 },
    reproven: {},
    oneEngine: 0,
    unproven: 0,
  };
}

/** Counts one confirmation; returns what is to be told of it, as a failure or as a reason. */
export function record(tally: Tally, outcome: Confirmation): { failure?: string; reason?: string } {
  if (outcome.by === 'refuted') return { failure: outcome.reason };
  if (outcome.by === 'none') {
    tally.unproven++;
    return { reason: outcome.reason };
  }
  if ('independent' in outcome) {
    tally.reproven[outcome.by] = (tally.reproven[outcome.by] ?? 0) + 1;
    if (!outcome.independent) tally.oneEngine++;
  } else tally.replayed[outcome.by]++;
  return {};
}

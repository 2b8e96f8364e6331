/** What a mask's size is told from. */
export interface SizedMask {
  /** Cells kept, and cells in all. */
  size: number;
  cells: number;
  /** Share of the input that is kept. */
  share: number;
  /** Chosen nodes, those of them that are switched on, and those of these that are kept with everything hidden. */
  nodes: { selected: number; constrained: number; metByBlank: number };
  /** Whether no smaller mask is possible. */
  proven: boolean;
  gamma: number;
  evidence: 'activation' | 'image';
}

/** Of grids with fewer cells than this any mask is a large or a small share. */
const FEWEST_CELLS = 64;
const LITTLE = 0.005;
const NEARLY_ALL = 0.95;

/** Why a mask is next to nothing or nearly everything, and what to ask instead; nothing about others. */
export function maskSizeNotes(mask: SizedMask): string[] {
  if (mask.cells < FEWEST_CELLS || mask.size === 0) return [];
  if (mask.size <= Math.max(2, LITTLE * mask.cells)) return [tinyMask(mask)];
  if (mask.share >= NEARLY_ALL) return [wholeMask(mask)];
  return [];
}

function tinyMask({ nodes: { selected, constrained, metByBlank }, gamma, evidence }: SizedMask): string {
  const off = selected - constrained;
  const without = [
    ...(metByBlank > 0 ? [`biases keep ${metByBlank} of them`] : []),
    ...(off > 0 ? [`${off} are switched off`] : []),
  ];
  const why =
    without.length > 0
      ? `of the ${selected} chosen nodes ${constrained - metByBlank} need the input at all (${without.join(', ')})`
      : `the ${selected} chosen nodes ask for little`;
  const evidences =
    evidence === 'activation' ? '; evidence image (--evidence image) asks what the input tells them' : '';
  return `The mask is tiny because ${why}. More is kept with a gamma above ${gamma} (--gamma)${evidences}.`;
}

function wholeMask({ nodes: { constrained }, gamma, proven }: SizedMask): string {
  const why = proven
    ? `the ${constrained} nodes look everywhere between them`
    : 'no smaller one was found in the time that there was (--time-limit)';
  const gammas = gamma > 0 ? ', or with a smaller gamma (--gamma)' : '';
  return `Nearly everything is kept: ${why}. Less is kept with fewer nodes (--top-k)${gammas}.`;
}

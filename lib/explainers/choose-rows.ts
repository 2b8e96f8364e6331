import { setImmediate } from 'node:timers/promises';
import { selectTopNodes } from '../attribution/select.js';
import { withoutUnread } from '../masks/branch-nodes.js';
import type { CellGrid, InputGeometry } from '../masks/cells.js';
import { encodeMaskProblem, type EncodedMask, type Evidence } from '../masks/encode.js';
import { scoresOfWords, type WordCells } from '../masks/word-cells.js';
import type { NodeAttribution } from './attribute-nodes.js';
import { shareKeptWhenHidden } from './kept-when-hidden.js';
import type { ExplainSettings } from './options.js';
import type { SeenInput } from './seen-input.js';

/**
 * Share of rows that biases alone may meet before `auto` asks for what the image tells. On SqueezeNet's photographs they
 * meet 69 to 75 % of the paper's rows, and the others still need some 500 cells; on MobileNet they meet all.
 */
const MOST_MET_BY_BLANK = 0.9;
/** With `auto`: share of active nodes that biases keep, above which a rough attribution tells first which evidence it is. */
const DOUBTFUL = 0.75;

/** What the rows are made from besides the network's view of the input. */
export interface RowPlan {
  topK: number;
  geometry: InputGeometry;
  positions: CellGrid;
  words?: WordCells;
}

/** Steps 3 and 4 of the method: the nodes that matter most, and a row for each. */
export interface ChosenRows extends EncodedMask {
  evidence: Evidence;
  attribution: NodeAttribution;
  selected: Uint32Array;
  notes: string[];
  /** Milliseconds spent encoding. */
  encodingMs: number;
}

/**
 * Selects the top k nodes and encodes their rows, by the evidence asked for. `auto`: activation, unless
 * biases alone meet nearly all rows; next to nothing would be left to keep then, and what the image tells is asked for.
 */
export async function chooseRows(
  seen: SeenInput,
  plan: RowPlan,
  settings: ExplainSettings,
): Promise<ChosenRows> {
  const rows = new RowChoice(seen, plan, settings);
  const { evidence = 'activation' } = settings;
  if (evidence !== 'auto') return rows.by(evidence);
  const rough = rows.doubtful() ? await rows.roughly() : null;
  const activation = rough !== null && mostlyMet(rough) ? null : await rows.by('activation');
  if (activation !== null && !mostlyMet(activation)) return activation;
  const met = activation ?? rough!;
  const image = await rows.by('image');
  const why =
    `Evidence of the image, not of whole activations: with every pixel hidden, ${met.metByBlank} of the ` +
    `${met.constrained.length} chosen nodes would keep theirs (their biases see to it).`;
  return { ...image, notes: [why, ...image.notes] };
}

function mostlyMet({ metByBlank, constrained }: EncodedMask): boolean {
  return metByBlank > MOST_MET_BY_BLANK * constrained.length;
}

class RowChoice {
  constructor(
    readonly seen: SeenInput,
    readonly plan: RowPlan,
    readonly settings: ExplainSettings,
  ) {}

  async by(evidence: Evidence, nodes = this.seen.attribution(evidence)): Promise<ChosenRows> {
    const { plan, settings } = this;
    const { view, blank } = this.seen;
    const attribution = await nodes;
    // Whoever serves others between these steps does not wait for all of them.
    await setImmediate();
    const start = performance.now();
    settings.onProgress?.({ phase: 'encoding' });
    const { words } = plan;
    const scores = words ? scoresOfWords(view.split.layer, attribution.scores, words) : attribution.scores;
    const selected = selectTopNodes(scores, plan.topK);
    const selectedAt = performance.now();
    await setImmediate();
    const encodingFrom = performance.now();
    const encoded = encodeMaskProblem(
      view.split.layer,
      plan.geometry,
      plan.positions,
      { kind: evidence, x: view.x, blank: blank.x, gamma: settings.gamma },
      selected,
    );
    const encodingMs = performance.now() - encodingFrom + selectedAt - start;
    return { ...encoded, evidence, attribution, selected, notes: attribution.notes, encodingMs };
  }

  /** The rows of a rough attribution: enough to see what biases meet. */
  roughly(): Promise<ChosenRows> {
    return this.by('activation', this.seen.roughAttribution());
  }

  /** Whether the active nodes that keep their evidence with everything hidden are so frequent that the chosen ones may be such, too. */
  doubtful(): boolean {
    const { view, blank } = this.seen;
    const shown = withoutUnread(view.split.layer, view.activation.data);
    return shareKeptWhenHidden(shown, blank.activation.data, this.settings.gamma) > DOUBTFUL;
  }
}

// What came out, in words, and as files.
import type { RefObject } from 'preact';
import type { Explanation } from './service.js';

const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 || share > 0.99 ? 1 : 0)} %`;

/** What the whole network makes of what was kept: of the class that it predicts, or of another one that was asked for. */
function networkReads({ target: { predicted } }: Explanation, kept: boolean): string {
  if (predicted === undefined)
    return `Shown nothing else, the whole network ${kept ? 'still reads this class' : 'reads another class'}`;
  const whole = predicted.label ?? `class ${predicted.index}`;
  return kept
    ? `The network reads ${whole} in the whole input, and this class where it is shown nothing but what was kept`
    : `The network reads ${whole} in the whole input, and does not read this class where it is shown nothing but what was kept`;
}

interface SummaryProps {
  result: Explanation;
  canvas: RefObject<HTMLCanvasElement | null>;
}

export function Summary({ result, canvas }: SummaryProps) {
  const { target, mask, certificate, nodes, parameters, attribution, notes, engine, solver, timing } = result;
  const { sufficiency, picture: _, proof, ...document } = result;
  const text = result.words !== undefined;
  const unit = text ? (mask.size === 1 ? 'word' : 'words') : mask.size === 1 ? 'cell' : 'cells';
  return (
    <section class="summary" aria-label="Result">
      <p class="answer">
        <strong>{target.label ?? `class ${target.index}`}</strong>
        {target.confidence !== null && ` at ${percent(target.confidence)}`}: <strong>{mask.size}</strong> of{' '}
        {mask.cells.length} {unit} keep what the first layer tells the rest of the network about it
        {certificate.status === 'optimal' ? ', and no smaller mask does.' : '.'}
      </p>
      {sufficiency.classKept !== null && (
        <p class={sufficiency.classKept ? 'kept' : 'changed'}>
          {networkReads(result, sufficiency.classKept)}: its probability goes from{' '}
          {percent(sufficiency.before)} to {percent(sufficiency.after)}.
        </p>
      )}
      <div class="downloads" role="group" aria-label="Downloads">
        <button type="button" onClick={() => save('explanation.json', JSON.stringify(document, null, 1))}>
          JSON
        </button>
        {!text && (
          <button
            type="button"
            onClick={() => canvas.current?.toBlob((blob) => blob && saveBlob('explanation.png', blob))}
          >
            PNG
          </button>
        )}
        {proof !== undefined && (
          <button type="button" onClick={() => save('certificate.json', JSON.stringify(proof))}>
            Certificate
          </button>
        )}
      </div>
      <details>
        <summary>Details</summary>
        <dl class="details">
          <Row name="nodes">
            {nodes.selected} chosen, {nodes.constrained} of them rows
          </Row>
          <Row name="settings">
            γ {parameters.gamma}, k {parameters.topK}, window {parameters.window}, evidence{' '}
            {parameters.evidence}
          </Row>
          <Row name="attribution">
            {attribution.steps} steps
            {attribution.completenessError !== null &&
              `, error ${(100 * attribution.completenessError).toFixed(2)} %`}
          </Row>
          {mask.core && (
            <Row name="core">
              {mask.core.every} cells in every smallest mask, {mask.core.some} in some, {mask.core.none} in
              none
            </Row>
          )}
          <Row name="engine, solver">
            {engine}, {solver}
          </Row>
          <Row name="time">
            attribution {timing.attributionMs.toFixed(0)} ms, proof {timing.solveMs.toFixed(0)} ms
          </Row>
        </dl>
        {notes.map((note) => (
          <p class="note">{note}</p>
        ))}
      </details>
    </section>
  );
}

function Row({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function save(name: string, text: string): void {
  saveBlob(name, new Blob([text], { type: 'application/json' }));
}

function saveBlob(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

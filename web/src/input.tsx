// Where an input comes from: a file that is dropped or chosen, a sample, a drawing, a sentence.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Input, ServedModel } from './service.js';

const samples = Object.entries(
  import.meta.glob<string>('../../examples/digits/*.png', {
    eager: true,
    query: '?inline',
    import: 'default',
  }),
).map(([path, url]) => ({ name: path.replace(/^.*\/|\.png$/g, ''), url }));

const sentences = [
  'a warm, funny and deeply moving film, beautifully acted from start to finish',
  'a dull, predictable plot and wooden acting make this a complete waste of time',
  'the script is thin, but the two leads are so charming that it hardly matters',
];

/** Side of what is drawn, and of the pen. */
const DRAWN = 28;
const PEN = 2.4;

/** Whether the model reads digits of this size: then there are samples, and one can be drawn. */
export function readsDigits({ inputShape }: ServedModel): boolean {
  return inputShape.filter((side) => side === DRAWN).length === 2 || inputShape.at(-1) === DRAWN * DRAWN;
}

function sampleFile({ name, url }: { name: string; url: string }): Input {
  const bytes = Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (letter) => letter.charCodeAt(0));
  return { kind: 'image', file: new Blob([bytes], { type: 'image/png' }), name: `digit ${name}` };
}

export const firstSample = (): Input => sampleFile(samples[3]);
export const firstSentence = (): Input => ({ kind: 'text', text: sentences[0] });

interface Given {
  input: Input | null;
  onInput: (input: Input) => void;
}

export function ImageInput({ model, input, onInput }: Given & { model: ServedModel }) {
  const digits = readsDigits(model);
  const named = input?.kind === 'image' ? input.name : '';
  return (
    <>
      <label class="drop">
        <strong>Drop an image anywhere</strong> or choose a file
        <input
          type="file"
          accept="image/png,image/jpeg,image/webp"
          onChange={({ currentTarget: { files } }) =>
            files?.[0] && onInput({ kind: 'image', file: files[0], name: files[0].name })
          }
        />
      </label>
      {digits && (
        <div class="samples" role="group" aria-label="Sample digits">
          {samples.map((sample) => (
            <button
              type="button"
              aria-pressed={named === `digit ${sample.name}`}
              aria-label={`digit ${sample.name}`}
              onClick={() => onInput(sampleFile(sample))}
            >
              <img src={sample.url} alt="" width="28" height="28" />
            </button>
          ))}
        </div>
      )}
      {digits && <Drawing onInput={onInput} />}
    </>
  );
}

/** A small board to write a digit on. */
function Drawing({ onInput }: { onInput: (input: Input) => void }) {
  const board = useRef<HTMLCanvasElement>(null);
  const pen = useRef<[number, number] | null>(null);
  const clear = () => {
    const context = board.current!.getContext('2d')!;
    context.fillStyle = '#000';
    context.fillRect(0, 0, DRAWN, DRAWN);
  };
  const at = (event: PointerEvent): [number, number] => {
    const { left, top, width, height } = board.current!.getBoundingClientRect();
    return [((event.clientX - left) / width) * DRAWN, ((event.clientY - top) / height) * DRAWN];
  };
  const line = (event: PointerEvent) => {
    if (pen.current === null) return;
    const context = board.current!.getContext('2d')!;
    const to = at(event);
    context.strokeStyle = '#fff';
    context.lineWidth = PEN;
    context.lineCap = 'round';
    context.beginPath();
    context.moveTo(...pen.current);
    context.lineTo(...to);
    context.stroke();
    pen.current = to;
  };
  const done = () => {
    if (pen.current === null) return;
    pen.current = null;
    board.current!.toBlob((file) => file && onInput({ kind: 'image', file, name: 'a drawing' }));
  };
  return (
    <details class="drawing" onToggle={({ currentTarget }) => currentTarget.open && clear()}>
      <summary>Draw a digit</summary>
      <canvas
        ref={board}
        width={DRAWN}
        height={DRAWN}
        class="pixels"
        role="img"
        aria-label="A board to draw a digit on with a pointer; without one, choose a sample."
        onPointerDown={(event) => {
          board.current!.setPointerCapture(event.pointerId);
          pen.current = at(event);
          line(event);
        }}
        onPointerMove={line}
        onPointerUp={done}
        onPointerCancel={done}
      />
      <button type="button" onClick={clear}>
        Clear
      </button>
    </details>
  );
}

export function TextInput({ input, onInput }: Given) {
  const given = input?.kind === 'text' ? input.text : '';
  const [text, setText] = useState(given);
  useEffect(() => setText(given), [given]);
  return (
    <>
      <label>
        A sentence
        <textarea rows={4} value={text} onInput={({ currentTarget: { value } }) => setText(value)} />
      </label>
      <button
        type="button"
        onClick={() => text.trim() !== '' && onInput({ kind: 'text', text: text.trim() })}
      >
        Read this
      </button>
      <div class="sentences" role="group" aria-label="Sample sentences">
        {sentences.map((sentence) => (
          <button
            type="button"
            aria-pressed={given === sentence}
            onClick={() => onInput({ kind: 'text', text: sentence })}
          >
            {sentence}
          </button>
        ))}
      </div>
    </>
  );
}

// The image under its mask: it fades as the mask shrinks, and tells of the cell that pointer or arrow keys are on.
import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { columnsOf, type Explaining } from './explaining.js';
import { canvasSize, cellAt, paint, type Scene, type View } from './paint.js';
import type { Explanation } from './service.js';

const FADE_MS = 350;
const views: [View, string][] = [
  ['kept', 'What is enough'],
  ['heat', 'Scores'],
  ['alone', 'Kept alone'],
  ['image', 'Image'],
];

export function useBitmap(file: Blob | null): ImageBitmap | null {
  const [bitmap, setBitmap] = useState<ImageBitmap | null>(null);
  useEffect(() => {
    let current = true;
    setBitmap(null);
    if (file)
      createImageBitmap(file).then(
        (made) => current && setBitmap(made),
        () => undefined,
      );
    return () => {
      current = false;
    };
  }, [file]);
  return bitmap;
}

interface StageProps {
  image: ImageBitmap;
  explaining: Explaining;
  view: View;
  onView: (view: View) => void;
  canvas: RefObject<HTMLCanvasElement | null>;
}

export function Stage({ image, explaining, view, onView, canvas }: StageProps) {
  const { grid, viewport, result } = explaining;
  const [pointed, setPointed] = useState<number | null>(null);
  const size = useMemo(() => canvasSize(image.width, image.height), [image]);
  const scores = result?.picture?.scores ?? null;
  usePainted(canvas, { image, view, grid, viewport, scores, pointed }, explaining.cells);
  useEffect(() => setPointed(null), [grid, image]);

  const point = (event: PointerEvent) => {
    if (!grid || !viewport) return;
    const { left, top, width, height } = canvas.current!.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    setPointed(cellAt(x, y, grid, viewport, { width, height }));
  };
  const move = (event: KeyboardEvent) => {
    if (!grid || !explaining.cells) return;
    const columns = columnsOf(grid);
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -columns,
      ArrowDown: columns,
    };
    if (event.key === 'Escape') setPointed(null);
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const first = Math.max(0, explaining.cells.indexOf(1));
    const to = pointed === null ? first : pointed + step;
    if (to >= 0 && to < explaining.cells.length) setPointed(to);
  };
  return (
    <div class="stage">
      <div
        class="frame"
        tabIndex={0}
        role="application"
        aria-label={`The image under its mask. ${describe(explaining)} Arrow keys move over the cells.`}
        aria-describedby="cell"
        onKeyDown={move}
        onBlur={() => setPointed(null)}
      >
        <canvas
          ref={canvas}
          {...size}
          class={image.width < 128 ? 'pixels' : ''}
          onPointerMove={point}
          onPointerDown={point}
          onPointerLeave={() => setPointed(null)}
        />
      </div>
      <p id="cell" class="readout" aria-live="polite">
        {pointed === null || !grid
          ? result
            ? 'Point at a cell for its score.'
            : ' '
          : cellText(pointed, explaining, result)}
      </p>
      <div class="views" role="group" aria-label="What is shown">
        {views.map(([name, label]) => (
          <button type="button" aria-pressed={view === name} onClick={() => onView(name)}>
            {label}
          </button>
        ))}
      </div>
    </div>
  );
}

/** Paints the scene, and fades from the mask that was shown to the new one. */
function usePainted(
  canvas: RefObject<HTMLCanvasElement | null>,
  scene: Omit<Scene, 'shown'>,
  cells: Uint8Array | null,
): void {
  const shown = useRef<Float32Array | null>(null);
  const { image, view, grid, viewport, scores, pointed } = scene;
  useEffect(() => {
    const target = canvas.current;
    if (!target) return;
    if (cells === null) shown.current = null;
    else if (shown.current?.length !== cells.length) shown.current = new Float32Array(cells.length).fill(1);
    const from = shown.current?.slice();
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const start = performance.now();
    let frame = 0;
    const draw = (now: number) => {
      const part = still ? 1 : Math.min(1, Math.max(0, (now - start) / FADE_MS));
      const moving = shown.current;
      if (moving && from && cells)
        for (let i = 0; i < moving.length; i++) moving[i] = from[i] + (cells[i] - from[i]) * part;
      paint(target, { ...scene, shown: moving });
      if (part < 1 && cells) frame = requestAnimationFrame(draw);
    };
    draw(start);
    return () => cancelAnimationFrame(frame);
  }, [image, view, grid, viewport, scores, pointed, cells]);
}

function describe({ cells, status }: Explaining): string {
  if (!cells) return '';
  const size = cells.reduce((sum, cell) => sum + cell, 0);
  return `${size} of ${cells.length} cells are kept${status === 'running' ? ' so far' : ''}.`;
}

function cellText(cell: number, { grid, cells }: Explaining, result: Explanation | null): string {
  const columns = columnsOf(grid!);
  const parts = [
    `row ${Math.floor(cell / columns) + 1}, column ${(cell % columns) + 1}`,
    cells?.[cell] ? 'kept' : 'not needed',
  ];
  const score = result?.picture?.scores[cell];
  if (score !== undefined) parts.push(`score ${score === 0 ? '0' : score.toPrecision(3)}`);
  const role = result?.mask.core?.roles[cell];
  if (role !== undefined)
    parts.push(['in no smallest mask', 'in some smallest masks', 'in every smallest mask'][role]);
  return parts.join(' · ');
}

// One explanation at a time: what was asked, how far it is, what came of it.
import type { Viewport } from '../../lib/api/picture.js';
import { useCallback, useEffect, useReducer, useRef } from 'preact/hooks';
import {
  explain,
  Refused,
  type Explanation,
  type Grid,
  type Input,
  type Progress,
  type Settings,
} from './service.js';

/** How size and bound stood at a time. */
interface Moment {
  ms: number;
  size: number | null;
  lowerBound: number;
}

export interface Explaining {
  status: 'none' | 'running' | 'done' | 'cancelled' | 'failed';
  phase: Progress['phase'];
  stage?: Progress['stage'];
  steps: number;
  viewport: Viewport | null;
  grid: Grid | null;
  /** A byte per cell. */
  cells: Uint8Array | null;
  history: Moment[];
  result: Explanation | null;
  error: string;
}

const nothing: Explaining = {
  status: 'none',
  phase: 'reading',
  steps: 0,
  viewport: null,
  grid: null,
  cells: null,
  history: [],
  result: null,
  error: '',
};

type Event =
  | { kind: 'start' }
  | { kind: 'reset' }
  | { kind: 'progress'; progress: Progress; ms: number }
  | { kind: 'done'; result: Explanation; ms: number }
  | { kind: 'cancelled' }
  | { kind: 'failed'; message: string };

export function columnsOf({ width, window }: Grid): number {
  return Math.ceil(width / window);
}

function rowsOf({ height, window }: Grid): number {
  return Math.ceil(height / window);
}

function next(state: Explaining, event: Event): Explaining {
  switch (event.kind) {
    case 'reset':
      return nothing;
    case 'start':
      return { ...nothing, status: 'running' };
    case 'cancelled':
      return { ...state, status: 'cancelled' };
    case 'failed':
      return { ...state, status: 'failed', error: event.message };
    case 'done': {
      const { mask, certificate, picture } = event.result;
      const end = { ms: event.ms, size: mask.size, lowerBound: certificate.lowerBound };
      return {
        ...state,
        status: 'done',
        result: event.result,
        cells: Uint8Array.from(mask.cells),
        grid: { height: mask.height, width: mask.width, window: mask.window },
        viewport: picture?.viewport ?? null,
        history: [...state.history, end],
      };
    }
    case 'progress':
      return withProgress(state, event.progress, event.ms);
  }
}

function withProgress(state: Explaining, progress: Progress, ms: number): Explaining {
  const { phase, stage, viewport, grid, mask, size = null, lowerBound, steps } = progress;
  const over = grid ?? state.grid;
  const kept = mask && over && Uint8Array.from({ length: rowsOf(over) * columnsOf(over) });
  if (kept) for (const cell of mask) kept[cell] = 1;
  const moments: Moment[] = [];
  // Before anything is sought: everything is enough, and nothing is proven.
  if (grid) moments.push({ ms, size: rowsOf(grid) * columnsOf(grid), lowerBound: 0 });
  if (lowerBound !== undefined) moments.push({ ms, size, lowerBound });
  return {
    ...state,
    phase,
    stage: stage ?? state.stage,
    steps: steps ?? state.steps,
    viewport: viewport ?? state.viewport,
    grid: over,
    cells: kept || state.cells,
    history: [...state.history, ...moments],
  };
}

export function useExplaining() {
  const [state, tell] = useReducer(next, nothing);
  const running = useRef<AbortController | null>(null);
  const cancel = useCallback(() => running.current?.abort(), []);
  const reset = useCallback(() => {
    running.current?.abort();
    running.current = null;
    tell({ kind: 'reset' });
  }, []);
  const start = useCallback(async (model: string, input: Input, settings: Settings) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const current = () => running.current === controller;
    const from = performance.now();
    const told = (progress: Progress) => {
      if (current()) tell({ kind: 'progress', progress, ms: performance.now() - from });
    };
    tell({ kind: 'start' });
    try {
      const result = await explain(model, input, settings, controller.signal, told);
      if (current()) tell({ kind: 'done', result, ms: performance.now() - from });
    } catch (error) {
      if (!current()) return;
      if (controller.signal.aborted) tell({ kind: 'cancelled' });
      else if (error instanceof Refused) tell({ kind: 'failed', message: error.message });
      else tell({ kind: 'failed', message: 'The service cannot be reached.' });
    }
  }, []);
  useEffect(() => cancel, [cancel]);
  return { state, start, cancel, reset };
}

import type { Failure } from '../threads/failure.js';
import type { LayeredNetwork } from './layers.js';
import type { LevelResult } from './level-search.js';
import type { EncodedImage } from './masked-input.js';

/** What a thread of the full encoding is asked. */
export type ToEncoder =
  | { kind: 'begin'; network: LayeredNetwork; image: EncodedImage; delta: number }
  | { kind: 'search'; control: SharedArrayBuffer }
  | { kind: 'level'; size: number; control: SharedArrayBuffer }
  | { kind: 'logits'; mask: number[] };

/** And what it answers. */
export type FromEncoder =
  | ({ kind: 'begun' } & EncodedFacts)
  | { kind: 'found'; mask: number[] | null }
  | { kind: 'searched'; result: LevelResult }
  | { kind: 'logits'; logits: number[]; holds: boolean }
  | { kind: 'failed'; failure: Failure };

export interface EncodedFacts {
  target: number;
  /** Of the whole image. */
  logits: number[];
  /** Pixels that can matter. */
  cells: Int32Array;
}

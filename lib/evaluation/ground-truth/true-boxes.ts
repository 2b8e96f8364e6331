import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Box } from '../../input/viewport.js';

/** What a file says is in pictures: boxes in pixels of the upright picture, by the file that shows them. */
export class TrueBoxes {
  readonly #byName = new Map<string, Box[]>();
  /** By the name alone, without folder and ending; null where two files share it. */
  readonly #byStem = new Map<string, { name: string; boxes: Box[] } | null>();

  add(name: string, box: Box): void {
    const known = this.#byName.get(name);
    if (known) {
      known.push(box);
      return;
    }
    const boxes = [box];
    this.#byName.set(name, boxes);
    const stem = stemOf(name);
    this.#byStem.set(stem, this.#byStem.has(stem) ? null : { name, boxes });
  }

  /** Pictures that have boxes. */
  get size(): number {
    return this.#byName.size;
  }

  /** What tells these boxes from others: a journal of an evaluation with others is refused. */
  get digest(): string {
    const entries = [...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1));
    return createHash('sha256').update(JSON.stringify(entries)).digest('hex');
  }

  /** The boxes of a file: of its path, else of its name without folder and ending where that is unmistakable. */
  of(file: string): readonly Box[] | undefined {
    return this.#byName.get(file) ?? this.#byStem.get(stemOf(file))?.boxes;
  }
}

const stemOf = (name: string) => basename(name.replaceAll('\\', '/')).replace(/\.[^.]*$/, '');

/** Left, top, right and bottom as a box; a reason, where they are none. */
export function boxOf(left: number, top: number, right: number, bottom: number): Box | string {
  const sides = [left, top, right, bottom];
  if (!sides.every((side) => Number.isFinite(side))) return `a box of ${sides.join(', ')}`;
  if (!(right > left && bottom > top)) return `an empty box from ${left}, ${top} to ${right}, ${bottom}`;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

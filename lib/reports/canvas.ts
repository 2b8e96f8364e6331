import type { Lettering } from './lettering.js';
import type { Picture } from './png.js';

/** Red, green, blue. */
export type Colour = readonly [number, number, number];

const GROUND: Colour = [20, 23, 26];
const INK: Colour = [232, 234, 237];

/** A dark ground on which pictures, fills and letters are put; what would lie outside it is left out. */
export class Canvas {
  readonly picture: Picture;

  constructor(width: number, height: number) {
    this.picture = { width, height, channels: 3, data: new Uint8Array(width * height * 3) };
    this.fill(0, 0, width, height, () => GROUND);
  }

  put({ width, height, channels, data }: Picture, left: number, top: number): void {
    const step = channels === 3 ? 1 : 0;
    const { data: onto } = this.picture;
    this.#over(left, top, width, height, (to, x, y) => {
      const from = (y * width + x) * channels;
      onto[to] = data[from];
      onto[to + 1] = data[from + step];
      onto[to + 2] = data[from + 2 * step];
    });
  }

  fill(left: number, top: number, width: number, height: number, colour: (x: number) => Colour): void {
    const { data } = this.picture;
    this.#over(left, top, width, height, (to, x) => {
      const [r, g, b] = colour(x);
      data[to] = r;
      data[to + 1] = g;
      data[to + 2] = b;
    });
  }

  ink({ width, height, data: ink }: Lettering, left: number, top: number): void {
    const { data } = this.picture;
    this.#over(left, top, width, height, (to, x, y) => {
      const cover = ink[y * width + x] / 255;
      for (let c = 0; c < 3; c++) data[to + c] += Math.round((INK[c] - data[to + c]) * cover);
    });
  }

  /** Calls paint(place in the data, x, y) for every pixel of a rectangle that lies on the canvas. */
  #over(
    left: number,
    top: number,
    width: number,
    height: number,
    paint: (to: number, x: number, y: number) => void,
  ): void {
    const right = Math.min(width, this.picture.width - left);
    const bottom = Math.min(height, this.picture.height - top);
    for (let y = Math.max(0, -top); y < bottom; y++) {
      let to = 3 * ((top + y) * this.picture.width + left);
      for (let x = 0; x < right; x++, to += 3) paint(to, x, y);
    }
  }
}

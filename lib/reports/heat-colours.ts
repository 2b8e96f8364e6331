/**
 * A colour scale for heat: from near-black violet over red and orange to pale yellow.
 *
 * It is computed, not a table: a path through OKLab (Björn Ottosson, 2020), in which distance is perceived
 * difference. Lightness rises in step with the value, hue turns from violet (300°) over red to yellow (105°),
 * chroma swells and falls so that every colour lies inside sRGB. The path is then walked at constant speed:
 * equal steps of the value look equally large, and in print without colours the order remains.
 */
const ENTRIES = 256;

interface Lab {
  lightness: number;
  a: number;
  b: number;
}

function pathAt(t: number): Lab {
  const hue = ((300 + t * 165) * Math.PI) / 180;
  const chroma = 0.03 + 0.15 * Math.sin(Math.PI * t) ** 0.8 * (0.85 + 0.15 * t);
  return { lightness: 0.14 + 0.83 * t, a: chroma * Math.cos(hue), b: chroma * Math.sin(hue) };
}

/** Linear-light red, green and blue; outside [0, 1] where sRGB cannot show the colour. */
function linearRgb({ lightness, a, b }: Lab): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function insideSrgb(colour: Lab): Lab {
  const shows = (candidate: Lab) => linearRgb(candidate).every((value) => value >= 0 && value <= 1);
  if (shows(colour)) return colour;
  const paler = (share: number) => ({ ...colour, a: colour.a * share, b: colour.b * share });
  let [least, most] = [0, 1];
  for (let step = 0; step < 30; step++) {
    const middle = (least + most) / 2;
    if (shows(paler(middle))) least = middle;
    else most = middle;
  }
  return paler(least);
}

function gammaByte(linear: number): number {
  const light = Math.min(1, Math.max(0, linear));
  const encoded = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
  return Math.round(encoded * 255);
}

function compute(): Uint8Array {
  const samples = 2048;
  const path = Array.from({ length: samples + 1 }, (_, i) => insideSrgb(pathAt(i / samples)));
  const travelled = new Float64Array(samples + 1);
  for (let i = 1; i <= samples; i++) {
    const [p, q] = [path[i - 1], path[i]];
    travelled[i] = travelled[i - 1] + Math.hypot(q.lightness - p.lightness, q.a - p.a, q.b - p.b);
  }
  const table = new Uint8Array(ENTRIES * 3);
  for (let entry = 0, i = 0; entry < ENTRIES; entry++) {
    const goal = (travelled[samples] * entry) / (ENTRIES - 1);
    while (i < samples && travelled[i] < goal) i++;
    table.set(linearRgb(path[i]).map(gammaByte), entry * 3);
  }
  return table;
}

/** Red, green and blue of 256 equally spaced values from 0 (no heat) to 1. */
export const HEAT_COLOURS: Uint8Array = compute();

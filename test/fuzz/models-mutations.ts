import type { Random } from '../support/random.js';

/** Changes a few bytes: flips, runs of 0xff, insertions, removals, copies of a part, cut ends. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let result = Uint8Array.from(bytes);
  const at = () => random.integer(0, Math.max(0, result.length - 1));
  const span = () => {
    const from = at();
    return [from, Math.min(result.length, from + random.integer(1, 12))] as const;
  };
  const joined = (...parts: Uint8Array[]) => (result = Uint8Array.from(parts.flatMap((part) => [...part])));
  for (let times = random.integer(1, 4); times > 0; times--) {
    if (result.length === 0) return result;
    const [from, to] = span();
    switch (random.integer(0, 6)) {
      case 0:
        result[at()] ^= 1 << random.integer(0, 7);
        break;
      case 1:
        result[at()] = random.integer(0, 255);
        break;
      case 2:
        result.fill(0xff, from, to);
        break;
      case 3:
        joined(result.subarray(0, from), result.subarray(to));
        break;
      case 4:
        joined(result.subarray(0, to), result.subarray(from, to), result.subarray(to));
        break;
      case 5:
        joined(
          result.subarray(0, from),
          Uint8Array.from({ length: to - from }, () => random.integer(0, 255)),
          result.subarray(from),
        );
        break;
      case 6:
        if (random.chance(0.3)) result = result.slice(0, at());
        break;
    }
  }
  return result;
}

const numbers = [0, 1, -1, 2, 3, 7, 0.5, 255, 65536, 2 ** 31, -(2 ** 31), 2 ** 40, 1e300, -0.001];

function otherNumber(value: number, random: Random): number {
  return random.chance(0.5) ? random.pick(numbers) : value + random.pick([-2, -1, 1, 2, 100]);
}

interface Place {
  parent: Record<string | number, unknown>;
  key: string | number;
}

function placesIn(root: unknown): Place[] {
  const places: Place[] = [];
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
    for (const key of Object.keys(value)) {
      places.push({ parent: value as Record<string, unknown>, key });
      visit((value as Record<string, unknown>)[key]);
    }
  };
  visit(root);
  return places;
}

/**
 * Changes a few places of a document in place. With `anyType` a value may become one of another type, vanish or
 * be swapped with another; else numbers stay numbers, text stays text, and lists lose or repeat entries.
 */
export function mutateDocument(root: object, random: Random, anyType: boolean): void {
  for (let times = random.integer(1, 3); times > 0; times--) {
    const places = placesIn(root);
    const { parent, key } = random.pick(places);
    const value = parent[key];
    if (anyType && random.chance(0.3)) {
      const other = random.pick(places);
      const copy = structuredClone(other.parent[other.key]);
      parent[key] = random.pick([null, -1, 2 ** 40, '', 'relu', [], {}, true, [null], copy, copy]);
    } else if (anyType && random.chance(0.1)) {
      delete parent[key];
    } else if (typeof value === 'number') {
      parent[key] =
        anyType || Number.isInteger(value)
          ? Math.trunc(otherNumber(value, random))
          : otherNumber(value, random);
    } else if (typeof value === 'string') {
      const texts = places.map((place) => place.parent[place.key]).filter((text) => typeof text === 'string');
      parent[key] = random.chance(0.8) ? random.pick(texts) : value.slice(1);
    } else if (Array.isArray(value) && value.length > 0) {
      const at = random.integer(0, value.length - 1);
      if (random.chance(0.5)) value.splice(at, 1);
      else value.push(structuredClone(value[at]));
    }
  }
}

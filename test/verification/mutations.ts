// Certificates with one thing changed, as a hand slips or a liar tries.
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values that files should not have at the places where they are put. */
const STRANGE: readonly (Json | undefined)[] = [
  undefined,
  null,
  true,
  '',
  '1',
  -1,
  0,
  0.5,
  2 ** 31,
  2 ** 53,
  1e300,
  -1e300,
  5e-324,
  [],
  [[]],
  [0, 0],
  {},
  { length: 1e9 },
];

/** One change somewhere inside, through text and back: a value replaced, dropped, doubled, swapped, or moved a little. */
export function mutate(text: string, random: () => number): { text: string; path: string } {
  const document = JSON.parse(text) as Json;
  let at = document as Record<string, Json>;
  const path: string[] = [];
  for (;;) {
    const keys = Object.keys(at);
    const key = keys[Math.floor(random() * keys.length)];
    path.push(key);
    const value = at[key];
    const inside = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
    if (inside && random() < 0.9) {
      at = value as Record<string, Json>;
      continue;
    }
    change(at, key, value, random);
    // As it would come from a file: lists without holes.
    return { text: JSON.stringify(document), path: path.join('.') };
  }
}

function change(at: Record<string, Json>, key: string, value: Json, random: () => number): void {
  const kind = Math.floor(random() * 5);
  if (typeof value === 'number' && kind < 3) at[key] = value + [1, -1, 2][kind];
  else if (Array.isArray(value) && kind === 0) at[key] = [...value, ...value];
  else if (Array.isArray(value) && kind === 1) at[key] = value.slice(1);
  else if (Array.isArray(value) && kind === 2) at[key] = [...value].reverse();
  else if (kind === 3) {
    const other = Object.keys(at)[Math.floor(random() * Object.keys(at).length)];
    [at[key], at[other]] = [at[other], at[key]];
  } else {
    const strange = STRANGE[Math.floor(random() * STRANGE.length)];
    if (strange === undefined) delete at[key];
    else at[key] = structuredClone(strange);
  }
}

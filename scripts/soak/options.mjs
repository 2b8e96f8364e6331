// Options that every soak takes, and the line it prints on its way.
import { parseArgs } from 'node:util';

/** @returns count and first as whole numbers, and the solver's name. */
export function soakOptions(args, defaults) {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: String(defaults.count) },
      first: { type: 'string', default: String(defaults.first ?? 0) },
      solver: { type: 'string', default: 'auto' },
    },
  });
  for (const name of ['count', 'first']) {
    if (!/^\d+$/.test(values[name]))
      throw new RangeError(`--${name}: expected a whole number, got ${values[name]}`);
  }
  return { count: Number(values.count), first: Number(values.first), solver: values.solver };
}

export const line = (totals) =>
  Object.entries(totals)
    .map(([name, value]) => `${value} ${name}`)
    .join(', ');

/** Calls `tell` at most every ten seconds. */
export function everyTenSeconds(tell) {
  let last = performance.now();
  return () => {
    if (performance.now() - last < 10_000) return;
    last = performance.now();
    tell();
  };
}

/** The longest that `setTimeout` can wait, in milliseconds; more would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** Calls `work` after some milliseconds, Infinity included; call the result to prevent it. */
export function timer(milliseconds: number, work: () => void): () => void {
  if (milliseconds > LONGEST) return () => {};
  const timeout = setTimeout(work, Math.max(0, milliseconds));
  return () => clearTimeout(timeout);
}

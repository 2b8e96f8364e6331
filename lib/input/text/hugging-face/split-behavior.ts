import { placesIn, sliceChars, type AlignedText } from './aligned-text.js';

interface Part {
  from: number;
  to: number;
  /** Whether it is what the pattern matches; else it lies between two matches. */
  match: boolean;
}

/** What becomes of what a pattern matches, under the names of the tokenizers library. */
const behaviors: Record<string, (parts: Part[]) => Part[]> = {
  Isolated: (parts) => parts,
  Removed: (parts) => parts.filter(({ match }) => !match),
  Contiguous: (parts) => joined(parts, (before, part) => before.match === part.match),
  MergedWithPrevious: (parts) => joined(parts, (before, part) => part.match && !before.match),
  MergedWithNext: (parts) => joined(parts, (before, part) => before.match && !part.match),
};

export const behaviorNames = Object.keys(behaviors);

/** Cuts a text where a pattern matches. @param inverted what lies between the matches takes their part */
export function cutAtPattern(
  text: AlignedText,
  pattern: RegExp,
  behavior: string,
  inverted = false,
): AlignedText[] {
  const parts: Part[] = [];
  let start = 0;
  for (const { from, to } of placesIn(text, pattern)) {
    if (from > start) parts.push({ from: start, to: from, match: inverted });
    parts.push({ from, to, match: !inverted });
    start = to;
  }
  const end = text.chars.length;
  if (end > start) parts.push({ from: start, to: end, match: inverted });
  return behaviors[behavior](parts)
    .filter(({ from, to }) => to > from)
    .map(({ from, to }) => sliceChars(text, from, to));
}

/** Every part that belongs to the one before it is joined to it. */
function joined(parts: readonly Part[], belongs: (before: Part, part: Part) => boolean): Part[] {
  const made: Part[] = [];
  parts.forEach((part, at) => {
    if (at > 0 && belongs(parts[at - 1], part)) made[made.length - 1].to = part.to;
    else made.push({ ...part });
  });
  return made;
}

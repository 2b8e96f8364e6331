// A text under its mask: the kept words coloured by score, the others faint.
import { heatColour } from './paint.js';
import type { Explanation } from './service.js';

export function Words({ text, result }: { text: string; result: Explanation | null }) {
  if (!result?.words) return <p class="text">{text}</p>;
  const { words } = result;
  const top = words.reduce((most, { score }) => Math.max(most, score), 0);
  const parts: preact.ComponentChildren[] = [];
  let end = 0;
  for (const word of words) {
    parts.push(<span class="dropped">{text.slice(end, word.start)}</span>);
    const own = text.slice(word.start, word.end);
    const title = `score ${word.baseScore.toPrecision(3)}${word.unknown ? ', unknown to the model' : ''}`;
    parts.push(
      word.kept ? (
        <mark title={title} style={{ borderColor: heatColour(top > 0 ? Math.sqrt(word.score / top) : 0) }}>
          {own}
        </mark>
      ) : (
        <span class="dropped" title={title}>
          {own}
        </span>
      ),
    );
    end = word.end;
  }
  parts.push(<span class="dropped">{text.slice(end)}</span>);
  return <p class="text">{parts}</p>;
}

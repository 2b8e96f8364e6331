import { overlaps, type TextSpan } from '../input/text/text-spans.js';
import type { TextSide } from '../input/text/tokenizer.js';
import { htmlEscaped } from './escape.js';
import { shownParts, type ShownPart, type ShownWord } from './shown-text.js';

/** One text as one method sees it. */
export interface TextView {
  heading: string;
  /** Short statements under the heading, as "12 of 143 words, proven minimal". */
  facts: readonly string[];
  text: string;
  words: readonly ShownWord[];
  /** The side of the text that the model does not see; null where it sees all of it. */
  cutFrom: TextSide | null;
  /** What people marked as the reason: underlined. */
  truth?: readonly TextSpan[];
}

export interface TextPage {
  title: string;
  /** Paragraphs before the texts. */
  notes?: readonly string[];
  views: readonly TextView[];
}

/** What is shown of the rest of a text that was cut, in UTF-16 code units. */
const SHOWN_BEYOND = 2000;

const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --ink: #1b1f24; --quiet: #5f6873; --line: #d8dee4;
  --mark: 46 160 67; --truth: #0550ae; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0d1117; --ink: #e6edf3; --quiet: #9198a1; --line: #30363d; --mark: 46 160 67; --truth: #79c0ff; }
}
body { margin: 2rem auto; padding: 0 1rem; max-width: 46rem; background: var(--ground); color: var(--ink);
  font: 16px/1.6 system-ui, sans-serif; }
main.several { max-width: none; }
body:has(main.several) { max-width: 100rem; }
.several .views { display: grid; gap: 0 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); }
h1 { font-size: 1.4rem; line-height: 1.3; } h2 { font-size: 1.1rem; margin: 2rem 0 0.3rem; }
.facts { margin: 0 0 0.6rem; padding: 0; list-style: none; color: var(--quiet); font-size: 0.875rem; }
.text { margin: 0; padding: 0.8rem 1rem; border: 1px solid var(--line); border-radius: 6px; line-height: 1.9;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.text mark { color: inherit; border-radius: 3px; padding: 0.1em 0.15em; font-weight: 600;
  background: rgb(var(--mark) / calc(0.25 + 0.45 * var(--weight))); }
.text .scored { border-radius: 3px; background: rgb(var(--mark) / calc(0.45 * var(--weight))); }
.text .unknown { font-style: italic; }
.text .cut { color: var(--quiet); opacity: 0.7; }
.text u { text-decoration: underline 2px var(--truth); text-underline-offset: 0.25em; }
.legend { color: var(--quiet); font-size: 0.875rem; }
`;

/**
 * A page of its own for one text as one or several methods see it: no scripts, nothing from the network, light or dark
 * as the reader's system has it. Words are shown where they stand in the text; everything from outside is escaped.
 */
export function textPage({ title, notes = [], views }: TextPage): string {
  const parts = views.map((view) => viewSection(view));
  const truth = views.some((view) => view.truth !== undefined);
  const unknown = views.some(({ words }) => words.some((word) => word.unknown));
  const legend = [
    '<mark style="--weight:0.8">kept</mark> words are what the method chooses; the stronger, the higher the score',
    ...(unknown ? ['<span class="unknown">slanted</span> words are unknown to the model'] : []),
    ...(truth ? ['<u>underlined</u>: what people marked'] : []),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${htmlEscaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main${views.length > 1 ? ' class="several"' : ''}>
<h1 dir="auto">${htmlEscaped(title)}</h1>
${notes.map((note) => `<p>${htmlEscaped(note)}</p>`).join('\n')}
<div class="views">
${parts.join('\n')}
</div>
<p class="legend text-legend"><span class="text" style="border:0;padding:0">${legend.join('; ')}.</span></p>
</main>
</body>
</html>
`;
}

function viewSection({ heading, facts, text, words, cutFrom, truth = [] }: TextView): string {
  const list = facts.map((fact) => `<li>${htmlEscaped(fact)}</li>`).join('');
  const body = shownParts(text, words, cutFrom)
    .map((part) => underlined(part, truth, partOf(part, text)))
    .join('');
  return `<section>
<h2>${htmlEscaped(heading)}</h2>
<ul class="facts">${list}</ul>
<p class="text" dir="auto">${body}</p>
</section>`;
}

function partOf({ start, end, word, cut }: ShownPart, text: string): string {
  if (cut) return `<span class="cut" title="not seen by the model">${cutPart(text, start, end)}</span>`;
  const shown = htmlEscaped(text.slice(start, end));
  if (word === null) return shown;
  const { weight, score, unknown, kept } = word;
  const classes = [...(kept || weight === 0 ? [] : ['scored']), ...(unknown ? ['unknown'] : [])].join(' ');
  if (!kept && classes === '') return shown;
  const attributes =
    (classes === '' ? '' : ` class="${classes}"`) +
    ` style="--weight:${weight.toFixed(3)}" title="score ${Number(score.toPrecision(3))}"`;
  return kept ? `<mark${attributes}>${shown}</mark>` : `<span${attributes}>${shown}</span>`;
}

/** The stretch next to what the model sees; of a long one no more than `SHOWN_BEYOND`. */
function cutPart(text: string, start: number, end: number): string {
  if (end - start <= SHOWN_BEYOND) return htmlEscaped(text.slice(start, end));
  return start === 0
    ? `… ${htmlEscaped(text.slice(end - SHOWN_BEYOND, end))}`
    : `${htmlEscaped(text.slice(start, start + SHOWN_BEYOND))} …`;
}

/** Underlines a part that lies in what people marked; parts are words or what lies between them, so none is split. */
function underlined(part: ShownPart, truth: readonly TextSpan[], shown: string): string {
  return !part.cut && overlaps(part, truth) ? `<u>${shown}</u>` : shown;
}

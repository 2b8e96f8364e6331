// One text by SMUG and what it is compared with, on one page: node examples/text/compare.mjs [TEXT.txt] [--out FILE.html]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { comparisonPage, explainText, loadModel, rateWords } from '../../dist/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: 'comparison.html' }, review: { type: 'string', default: '0' } },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const reviews = join(process.env.SMUG_SHARED ?? join(root, '..', 'shared'), 'text', 'beer-reviews.txt');

function theText() {
  if (positionals[0] !== undefined) return readFileSync(positionals[0], 'utf8').trim();
  if (existsSync(reviews)) return readFileSync(reviews, 'latin1').split('\n')[Number(values.review)].trim();
  return 'The plot is thin and the jokes are old, but two wonderful actors make it a warm and moving film.';
}

const text = theText();
const model = await loadModel('builtin:reviews-cnn');
const explanation = await explainText(model, text);
const ratings = [];
for (const method of ['smug-base', 'integrated-gradients', 'sis'])
  ratings.push(await rateWords(model, text, method));
model.dispose();
writeFileSync(
  values.out,
  comparisonPage({
    title: 'One text, four methods',
    notes: [
      'The model is a stand-in: a small network trained on the sentiment of sentences about films, not on ratings of beer.',
    ],
    explanation,
    ratings,
  }),
);
const kept = explanation.words.filter((word) => word.kept).map((word) => word.word);
console.log(
  `${explanation.target.label}: ${kept.join(' · ')} (${kept.length} of ${explanation.words.length} words)`,
);
console.log(values.out);

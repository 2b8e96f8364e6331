// All beer reviews of the shared texts: each explained, each proven; the distribution of what is kept, and the time.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { explainText, loadModel } from '../../dist/index.js';
import { root } from '../native-deps.mjs';

const shared = process.env.SMUG_SHARED ?? join(root, '..', 'shared');
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];

export default async function reviews(args) {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '994' },
      file: { type: 'string', default: 'beer-reviews.txt' },
      solver: { type: 'string', default: 'auto' },
      jobs: { type: 'string', default: '2' },
    },
  });
  const lines = readFileSync(join(shared, 'text', values.file), 'latin1')
    .split('\n')
    .filter(Boolean);
  const texts = lines.slice(0, Number(values.count));
  const model = await loadModel('builtin:reviews-cnn');
  await explainText(model, texts[0], { solver: values.solver });
  const kept = [];
  const shares = [];
  const times = [];
  let open = 0;
  let sufficient = 0;
  let next = 0;
  const start = performance.now();
  const work = async () => {
    while (next < texts.length) {
      const at = next++;
      const begun = performance.now();
      const { certificate, mask, sufficiency } = await explainText(model, texts[at], {
        solver: values.solver,
      });
      times.push(performance.now() - begun);
      if (certificate.status !== 'optimal') {
        open++;
        console.error(`review ${at}: ${certificate.status}, ${certificate.lowerBound} to ${mask.size}`);
      }
      if (sufficiency.classKept) sufficient++;
      kept.push(mask.size);
      shares.push(mask.size / mask.cells.length);
      if (times.length % 100 === 0) {
        const rest = ((performance.now() - start) / times.length) * (texts.length - times.length);
        console.error(`${times.length} of ${texts.length}, ${(rest / 1000).toFixed()} s to go`);
      }
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  const seconds = (performance.now() - start) / 1000;
  model.dispose();
  for (const list of [kept, shares, times]) list.sort((a, b) => a - b);
  const five = (list, shown) => [0, 0.25, 0.5, 0.75, 1].map((q) => shown(quantile(list, q))).join(' ');
  console.log(`${texts.length} texts of ${values.file}: ${texts.length - open} proven, ${open} open`);
  console.log(`kept words (least, quartiles, most): ${five(kept, (n) => n)}`);
  console.log(`share of the words: ${five(shares, (n) => `${(100 * n).toFixed(0)} %`)}`);
  console.log(`class kept with these words alone: ${((100 * sufficient) / texts.length).toFixed(0)} %`);
  console.log(`milliseconds each: ${five(times, (n) => n.toFixed())}`);
  console.log(`${((60 * texts.length) / seconds).toFixed()} texts a minute, ${values.jobs} in flight`);
  return open === 0;
}

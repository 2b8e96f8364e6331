// `npm run soak -- batch [--count IMAGES] [--kills N] [--first SEED]`: a batch killed with -9 at random moments, and at some of them on a disk that is
// full, ends with the results of an undisturbed one, every image done once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { jsonLines, limitsFiles, runAndKill } from '../../test/batch/batch-runs.js';
import { randomNumbers } from '../../test/support/random-numbers.js';
import { cli, material, run, runOnFullDisk, sameResults } from './batch-folders.mjs';

export default async function soak(args) {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '300' },
      kills: { type: 'string', default: '20' },
      first: { type: 'string', default: '0' },
    },
  });
  const [count, kills, seed] = [values.count, values.kills, values.first].map(Number);
  const random = randomNumbers(seed);
  const folder = mkdtempSync(join(tmpdir(), 'smug-soak-batch-'));
  const { photos, words, what } = material(folder, count);
  const [whole, killed] = [join(folder, 'whole'), join(folder, 'killed')];
  const batch = (out) => ['batch', photos, ...words, '--out', out];
  const undisturbed = await run(process.execPath, [cli, ...batch(whole)]);
  console.error(`${count} ${what}: ${undisturbed.stdout.split('\n').slice(0, 4).join(',')}`);
  const journal = join(killed, 'journal.jsonl');
  const lines = () => jsonLines(journal).length - 1;
  const tally = { killed: 0, full: 0, lost: 0 };
  for (let at = 0; at < kills; at++) {
    const before = Math.max(0, lines());
    const share = Math.ceil((count - before) / (kills - at + 1));
    if (limitsFiles && before > 0 && random() < 0.2) {
      if (await runOnFullDisk([...batch(killed), '--files', 'json,certificate,overlay'], journal))
        tally.full++;
    } else if (
      await runAndKill(batch(killed), journal, before + 1 + Math.floor(random() * share), random() * 500)
    )
      tally.killed++;
    if (lines() < before) tally.lost++;
    console.error(`${at + 1} of ${kills}: ${lines()} of ${count} done`);
  }
  const last = await run(process.execPath, [cli, ...batch(killed)]);
  const [, ...entries] = jsonLines(journal);
  const once = entries.length === count && new Set(entries.map(({ name }) => name)).size === count;
  console.log(
    `${tally.killed} kills, ${tally.full} full disks; ${entries.length} lines in the journal, ${once ? 'each image once' : 'NOT each image once'}`,
  );
  const same = sameResults(whole, killed);
  rmSync(folder, { recursive: true, force: true });
  return last.code === 0 && same && once && tally.lost === 0 && tally.killed >= kills / 2;
}

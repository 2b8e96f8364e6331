// `npm run soak -- evaluation [--count DIGITS] [--photographs N] [--kills N] [--first SEED]`: an evaluation killed with -9 at random moments, and at some of
// them on a disk that is full, ends with the table of an undisturbed one, byte for byte but for times: of digits, and of
// photographs where the shared ones are there.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { filesBelow, jsonLines, limitsFiles, runAndKill } from '../../test/batch/batch-runs.js';
import { determined } from '../../test/support/determined.js';
import { randomNumbers } from '../../test/support/random-numbers.js';
import { sharedPath } from '../../test/support/shared-data.js';
import { cli, copyDigits, run, runOnFullDisk } from './batch-folders.mjs';

export default async function soak(args) {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '30' },
      photographs: { type: 'string', default: '8' },
      kills: { type: 'string', default: '20' },
      first: { type: 'string', default: '0' },
    },
  });
  const [count, photographs, kills, seed] = [
    values.count,
    values.photographs,
    values.kills,
    values.first,
  ].map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'smug-soak-evaluation-'));
  const random = randomNumbers(seed);
  let sound = await killedEvaluation(digits(folder, count), folder, kills, random);
  if (photographs > 0 && existsSync(sharedPath('images', 'imagenet-sample')))
    sound = (await killedEvaluation(photos(folder, photographs), folder, kills, random)) && sound;
  rmSync(folder, { recursive: true, force: true });
  return sound;
}

/** What is evaluated: its name, how many images it has, and the words of the command line. */
function digits(folder, count) {
  const below = join(folder, 'pictures');
  mkdirSync(below);
  const names = copyDigits(below, count);
  const labels = join(folder, 'digits.tsv');
  writeFileSync(labels, ['file\tclass_index', ...names.map((name, at) => `${name}\t${at % 10}`)].join('\n'));
  return {
    what: 'digits',
    count,
    words: [
      ...[below, '--labels', labels, '--model', 'builtin:mnist-cnn', '--gamma', '0.5'],
      ...['--methods', 'smug,smug-base,gradients,integrated-gradients,smooth-grad,grad-cam,center-box'],
      ...['--metrics', 'insertion,deletion,road,first-layer-retention,random-logit,gini'],
    ],
  };
}

function photos(folder, count) {
  const below = sharedPath('images', 'imagenet-sample');
  const [head, ...lines] = readFileSync(join(below, 'labels.tsv'), 'utf8').trim().split('\n');
  const labels = join(folder, 'photographs.tsv');
  writeFileSync(labels, [head, ...lines.slice(0, count)].join('\n'));
  return {
    what: 'photographs',
    count: Math.min(count, lines.length),
    words: [
      ...[below, '--labels', labels, '--model', sharedPath('models', 'squeezenet1.1'), '--gamma', '0.5'],
      ...['--methods', 'smug,smug-base,gradients,smooth-grad,center-box', '--metrics', 'deletion,road,gini'],
    ],
  };
}

async function killedEvaluation({ what, count, words }, folder, kills, random) {
  const [whole, killed] = ['whole', 'killed'].map((name) => join(folder, `${what}-${name}`));
  const evaluation = (out) => ['evaluate', ...words, ...determined, '--time-limit', '600', '--out', out];
  const began = performance.now();
  const undisturbed = await run(process.execPath, [cli, ...evaluation(whole)]);
  const seconds = (performance.now() - began) / 1000;
  if (undisturbed.code !== 0) throw new Error(undisturbed.stderr);
  console.error(`${count} ${what}, undisturbed: ${seconds.toFixed()} s`);
  const journal = join(killed, 'journal.jsonl');
  const done = () => Math.max(0, jsonLines(journal).length - 1);
  const tally = { kills: 0, 'full disks': 0, 'ended before': 0, lost: 0 };
  for (let at = 0; at < kills; at++) {
    const before = done();
    if (limitsFiles && before > 0 && before < count - 2 && random() < 0.2) {
      if (await runOnFullDisk(evaluation(killed), journal)) tally['full disks']++;
    } else {
      // Some while the program starts or is at its first image, others once some more are done; some are left to the last run.
      const share = (count - before) / (kills - at + 1);
      const more = Math.floor(random() * 2 * share);
      const moment = random() * (500 + (1000 * seconds * Math.min(1, 2 * share)) / count);
      tally[
        (await runAndKill(evaluation(killed), journal, before + 1 + more, moment)) ? 'kills' : 'ended before'
      ]++;
    }
    if (done() < before) tally.lost++;
    console.error(`${at + 1} of ${kills}: ${done()} of ${count} done`);
  }
  const last = await run(process.execPath, [cli, ...evaluation(killed)]);
  const entries = jsonLines(journal).slice(1);
  const once = entries.length === count && new Set(entries.map(({ file }) => file)).size === count;
  const same = tableOf(whole) === tableOf(killed);
  const left = filesBelow(killed).filter((name) => /\.(part|lock)$/.test(name)).length;
  const told = Object.entries(tally).map(([name, number]) => `${number} ${name}`);
  console.log(
    `${count} ${what}: ${told.join(', ')}; ${once ? 'each image once' : 'NOT each image once'}, ${left} files left over, ` +
      `table ${same ? 'equal' : 'NOT equal'} to the undisturbed one`,
  );
  return last.code === 0 && same && once && left === 0 && tally.lost === 0 && tally.kills >= kills / 2;
}

/** The table's bytes without the seconds. */
function tableOf(folder) {
  return readFileSync(join(folder, 'table.json'), 'utf8').replaceAll(/"seconds": [\d.e+-]+/g, '"seconds": 0');
}

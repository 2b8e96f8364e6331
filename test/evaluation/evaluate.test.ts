// An evaluation from labels to table, killed on the way.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readLabels } from '../../dist/evaluation/labels.js';
import { evaluationTable, tableCsv, tableMarkdown } from '../../dist/evaluation/table.js';
import { Journal } from '../../dist/files/journal.js';
import { check } from '../cli/printed-documents.js';
import { projectRoot, smug } from '../cli/smug.js';
import { determined } from '../support/determined.js';
import { journalEntries } from '../support/journal-entries.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const digits = join(projectRoot, 'examples', 'digits');
const folder = () => temporaryFolder('evaluate');

function labels(home: string, lines: string[]): string {
  const path = join(home, 'labels.tsv');
  writeFileSync(path, ['file\tclass_index', ...lines].join('\n'));
  return path;
}

/** The table without what a clock decides. */
const settled = (path: string) =>
  JSON.stringify(JSON.parse(readFileSync(path, 'utf8')), (key, value) => (key === 'seconds' ? 0 : value));

test('labels: what is wrong is named line by line', async (t) => {
  const home = folder();
  t.deepEqual(await readLabels(labels(home, ['a.png\t3', '', 'b.png\t0'])), [
    { file: 'a.png', classIndex: 3 },
    { file: 'b.png', classIndex: 0 },
  ]);
  await t.throwsAsync(readLabels(labels(home, ['a.png\t3', 'b.png\tcat', 'a.png\t1', '\t2'])), {
    code: 'BAD_INPUT',
    message: /3 lines are wrong: line 3: class_index 'cat'; line 4: a.png again; line 5: no file/,
  });
  writeFileSync(join(home, 'x.csv'), 'name,label\na,1\n');
  await t.throwsAsync(readLabels(join(home, 'x.csv')), { message: /columns file and class_index/ });
  await t.throwsAsync(readLabels(join(home, 'gone.csv')), { code: 'FILE_NOT_FOUND' });
});

test('labels as spreadsheets write them: quotes, semicolons, a mark at the beginning', async (t) => {
  const path = join(folder(), 'labels.csv');
  const read = async (text: string) => {
    writeFileSync(path, text);
    return (await readLabels(path)).map(({ file, classIndex }) => [file, classIndex]);
  };
  const odd = 'a "4", twice.png';
  t.deepEqual(await read(`\uFEFF"class_index","file"\r\n4,"a ""4"", twice.png"\r\n 1 , ö b.png \r\n`), [
    [odd, 4],
    ['ö b.png', 1],
  ]);
  t.deepEqual(await read('file;class_index\na, b.png;1\n"c;d.png";2\n'), [
    ['a, b.png', 1],
    ['c;d.png', 2],
  ]);
  // A tab is in no name; quotes are.
  t.deepEqual(await read(`file\tclass_index\n${odd}\t4\n"x".png\t1\n`), [
    [odd, 4],
    ['"x".png', 1],
  ]);
  await t.throwsAsync(read('file,class_index\n"a.png,1\n'), {
    message: /1 line is wrong: line 2: quotes that do not end/,
  });
});

test('a class that the network does not have is named; no folder and no method begin nothing', async (t) => {
  const home = folder();
  const evaluate = (input: string, path: string, out: string, ...more: string[]) =>
    smug([
      ...['evaluate', input, '--model', 'builtin:mnist-fc', '--labels', path, '--methods', 'gradients'],
      ...['--out', join(home, out), ...more],
    ]);
  const path = labels(home, ['3.png\t3', '7.png\t10']);
  const some = await evaluate(digits, path, 'some');
  t.is(some.code, 1);
  t.regex(
    some.stderr,
    /^7\.png: UNKNOWN_CLASS: The label is class 10; the network has 10 classes, 0 to 9\.$/m,
  );
  t.regex(some.stdout, /1 of 2 images are read as their label/);
  const nowhere = await evaluate(join(home, 'nowhere'), path, 'nothing');
  t.is(nowhere.code, 1);
  t.regex(
    nowhere.stderr,
    /FILE_NOT_FOUND: .*nowhere is no folder; give the one that the files of the labels lie in/,
  );
  const none = await evaluate(digits, path, 'nothing', '--methods', '');
  t.is(none.code, 2);
  t.regex(none.stderr, /BAD_OPTION: --methods must be some of /);
  t.false(existsSync(join(home, 'nothing')));
});

test('a journal keeps whole lines, forgets half ones, and knows whose it is', async (t) => {
  const path = join(folder(), 'journal.jsonl');
  const opened = async (head: object = { work: 1 }) => {
    const before: { n: number }[] = [];
    const journal = await Journal.open<{ n: number }>(path, head, (entry) => before.push(entry));
    return { journal, before };
  };
  const { journal } = await opened();
  // Added at once, each has a place of its own and is found there.
  const places = await Promise.all([1, 2].map((n) => journal.add({ n })));
  t.deepEqual(await Promise.all(places.map((place) => journal.read(place))), [{ n: 1 }, { n: 2 }]);
  await journal.close();
  writeFileSync(path, `${readFileSync(path, 'utf8')}{"n": 3, "cut ö`);
  const again = await opened();
  t.deepEqual(again.before, [{ n: 1 }, { n: 2 }]);
  t.deepEqual(await again.journal.read(await again.journal.add({ n: 4 })), { n: 4 });
  await again.journal.close();
  const last = await opened();
  t.deepEqual(last.before, [{ n: 1 }, { n: 2 }, { n: 4 }]);
  await last.journal.close();
  await t.throwsAsync(opened({ work: 2 }), { code: 'BAD_INPUT', message: /other work/ });
});

test('the table: means, quartiles, wins, proofs, what failed', (t) => {
  const image = (file: string, lsc: number, proven = true) => ({
    file,
    correct: true,
    methods: {
      smug: { lsc, sparsity: 0.5, proven, seconds: 1 },
      gradients: { lsc: 0, sparsity: null, proven: null, seconds: 2 },
    },
  });
  const table = evaluationTable(
    [
      image('a', -1),
      image('b', 1),
      image('c', 3, false),
      { file: 'd', correct: false },
      { file: 'e', correct: false, error: { code: 'BAD_IMAGE', message: 'no' } },
    ],
    ['smug', 'gradients'],
  );
  t.like(table, { images: 5, correct: 3, failed: [{ file: 'e', code: 'BAD_IMAGE', message: 'no' }] });
  const [smugRow, gradients] = table.rows;
  t.like(smugRow.lsc, { mean: 1, least: -1, lower: 0, median: 1, upper: 2, most: 3 });
  t.is(smugRow.win!.rate, 1 / 3);
  t.is(smugRow.sparsity, 0.5);
  t.is(gradients.sparsity, null);
  t.is(smugRow.proven, 2 / 3);
  t.is(gradients.proven, null);
  t.regex(tableMarkdown(table), /\| kept \| proven \| time \|/);
  t.regex(tableMarkdown(table), /\| smug \|.*\| 50\.0 % \| 66\.7 % \| 1\.00 s \|/);
  t.regex(tableMarkdown(table), /\| gradients \|.*\|  \|  \| 2\.00 s \|/);
  const [head, ...lines] = tableCsv(table).trim().split('\n');
  const proven = head.split(',').indexOf('proven');
  t.deepEqual(
    lines.map((line) => line.split(',')[proven]),
    [String(2 / 3), ''],
  );
});

test('nothing that counts is a table of blanks', (t) => {
  const table = evaluationTable([{ file: 'd', correct: false }], ['smug'], ['gini']);
  check('evaluation-table', table);
  t.is(table.rows[0].lsc.median, null);
  t.is(tableMarkdown(table).split('\n')[4], '| smug |  |  |  |  |  |  |  |');
  t.regex(tableCsv(table).split('\n')[1], /^smug,+$/);
});

test('killed again and again, an evaluation ends with the table of an undisturbed one', async (t) => {
  t.timeout(180_000);
  const home = folder();
  const lines = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => `${digit}.png\t${digit}`);
  const words = (out: string) => [
    'evaluate',
    digits,
    '--model',
    'builtin:mnist-fc',
    '--labels',
    labels(home, [...lines, 'gone.png\t1']),
    '--methods',
    'smug,smug-base,gradients,center-box,opt-box',
    ...determined,
    '--out',
    join(home, out),
  ];
  const whole = await smug([...words('whole'), '--gamma', '0.3']);
  t.is(whole.code, 1, whole.stderr);
  t.regex(whole.stderr, /gone.png: FILE_NOT_FOUND/);
  t.regex(whole.stdout, /\| smug \|/);
  t.notThrows(() =>
    check('evaluation-table', JSON.parse(readFileSync(join(home, 'whole', 'table.json'), 'utf8'))),
  );
  const cli = join(projectRoot, 'dist', 'cli.js');
  for (let kill = 0; kill < 6; kill++) {
    await new Promise<void>((resolve) => {
      const child = spawn(process.execPath, [cli, ...words('killed'), '--gamma', '0.3'], { stdio: 'ignore' });
      const timer = setTimeout(() => child.kill('SIGKILL'), 500 + 150 * kill);
      child.on('close', () => (clearTimeout(timer), resolve()));
    });
  }
  const last = await smug([...words('killed'), '--gamma', '0.3']);
  t.is(last.code, 1, last.stderr);
  t.is(settled(join(home, 'killed', 'table.json')), settled(join(home, 'whole', 'table.json')));
  const journal = readFileSync(join(home, 'killed', 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  t.is(new Set(journal.map((line) => JSON.parse(line).file)).size, 11);
  t.is(journal.length, 11);
  for (const entry of journalEntries(join(home, 'killed')))
    t.notThrows(() => check('evaluated-image', entry), JSON.stringify(entry));
  const { rows } = JSON.parse(readFileSync(join(home, 'killed', 'table.json'), 'utf8')) as {
    rows: { proven: number | null }[];
  };
  // On a busy machine without the addon a digit may stay unproven for want of time; the table says how many are.
  const proven = journalEntries(join(home, 'killed')).flatMap(
    (entry) => (entry as { methods?: { smug: { proven: boolean } } }).methods?.smug.proven ?? [],
  );
  t.true(proven.length > 0);
  const share = proven.filter(Boolean).length / proven.length;
  t.true(Math.abs(rows[0].proven! - share) < 1e-12);
  t.deepEqual(
    rows.slice(1).map((row) => row.proven),
    [null, null, null, null],
  );
  const other = await smug([...words('killed'), '--gamma', '0.5']);
  t.is(other.code, 1);
  t.regex(other.stderr, /belongs to other work/);
});

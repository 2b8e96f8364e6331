import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../support/temporary-folder.js';
import { smug } from './smug.js';

test('smug solve tells the core and that the last mask was the last', async (t) => {
  const path = join(temporaryFolder('solve'), 'or.json');
  // One of two: masks 10, 01 and 11.
  const rows = [{ columns: [0, 1], coefficients: [1, 1], lower: 0.5 }];
  writeFileSync(path, JSON.stringify({ variables: 2, rows }));
  const all = await smug(['solve', path, '--core', '--solutions', '5']);
  t.is(all.code, 0, all.stderr);
  t.regex(all.stdout, /in every smallest mask 0 variables, in some 2, in none 0\n/);
  t.regex(all.stdout, /masks: 1 \(optimal\), 1 \(optimal\), 2 \(optimal\); there is no other mask\n/);
  const some = await smug(['solve', path, '--solutions', '2']);
  t.regex(some.stdout, /masks: 1 \(optimal\), 1 \(optimal\)\n/);
});

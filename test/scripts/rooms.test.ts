import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
// @ts-expect-error -- a plain script
import { checkRooms } from '../../scripts/rooms.mjs';
import { temporaryFolder } from '../support/temporary-folder.js';

/** What the check says of a lib/ that holds these files. */
function faultsOf(files: Record<string, string>): string[] {
  const folder = temporaryFolder('rooms');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return checkRooms(folder) as string[];
}

test('the library keeps its order', (t) => {
  t.deepEqual(checkRooms(), []);
});

test('imports that run up are found, in every way of writing them', (t) => {
  for (const line of [
    "import { a } from '../cli/a.js';",
    "import type { A } from '../cli/a.js';",
    "import {\n  a,\n  type A,\n} from '../cli/a.js';",
    "export { a } from '../cli/a.js';",
    "export * from '../cli/a.js';",
    "const later = import('../cli/a.js');",
    "import '../cli/a.js';",
  ])
    t.deepEqual(
      faultsOf({ 'masks/b.ts': line, 'cli/a.ts': '' }),
      ['lib/masks/b.ts imports lib/cli/a.ts, a higher room'],
      line,
    );
  t.deepEqual(faultsOf({ 'cli/b.ts': "import '../masks/a.js';", 'masks/a.ts': '' }), []);
});

test('the rooms of solvers have an order of their own', (t) => {
  const up = { 'solvers/bounds/a.ts': "import '../pipeline/b.js';", 'solvers/pipeline/b.ts': '' };
  t.deepEqual(faultsOf(up), [
    'lib/solvers/bounds/a.ts imports lib/solvers/pipeline/b.ts, a higher room of solvers',
  ]);
  t.deepEqual(faultsOf({ 'solvers/a.ts': "import './pipeline/b.js';", 'solvers/pipeline/b.ts': '' }), []);
});

test('circles, long files, files without a room and pairs that shall not be are found', (t) => {
  t.deepEqual(
    faultsOf({ 'masks/a.ts': "import './b.js';", 'masks/b.ts': "import type { A } from './a.js';" }),
    ['a circle of imports: masks/a.ts → masks/b.ts → masks/a.ts'],
  );
  t.deepEqual(faultsOf({ 'masks/a.ts': '\n'.repeat(401) }), [
    'lib/masks/a.ts has 401 lines, 400 are the most',
  ]);
  t.deepEqual(faultsOf({ 'helpers/a.ts': '' }), ['lib/helpers/a.ts is in no room; see scripts/rooms.mjs']);
  t.regex(
    faultsOf({ 'verification/a.ts': "import '../solvers/b.js';", 'solvers/b.ts': '' })[0],
    /the verifier shares nothing/,
  );
  for (const line of ['  private readonly a = 1;', '  constructor(private a: A) {}', '    private b: B,'])
    t.deepEqual(faultsOf({ 'cli/a.ts': line }), ['lib/cli/a.ts: private members are #'], line);
  t.deepEqual(faultsOf({ 'cli/a.ts': '  private constructor() {}' }), []);
  const fault = 'lib/cli/a.ts declares options or documents: they stand in lib/api';
  for (const line of [
    "import { Type, type Static } from '../api/schema.js';",
    "import {\n  option,\n  type Option,\n} from '../api/option.js';",
  ])
    t.deepEqual(faultsOf({ 'cli/a.ts': line, 'api/schema.ts': '', 'api/option.ts': '' }), [fault], line);
  for (const line of [
    "import type { TSchema } from '../api/schema.js';",
    "import { defaultOf, type Option, type OptionTable } from '../api/option.js';",
  ])
    t.deepEqual(faultsOf({ 'cli/a.ts': line, 'api/schema.ts': '', 'api/option.ts': '' }), [], line);
});

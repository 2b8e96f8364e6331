import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import test from 'ava';
// @ts-expect-error -- a plain script
import { writeSchemas } from '../../scripts/schemas.mjs';
import { temporaryFolder } from '../support/temporary-folder.js';

test('every document and the options of every call are written as JSON Schemas that a validator takes', async (t) => {
  const folder = temporaryFolder('schemas');
  await writeSchemas(folder);
  const names = readdirSync(folder);
  for (const name of ['explanation', 'solution', 'certificate', 'verdict', 'doctor', 'explain-image.options'])
    t.true(names.includes(`${name}.schema.json`), name);
  for (const name of names) {
    const schema = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { title?: string };
    t.notThrows(() => new Ajv2020({ strict: false }).compile(schema), name);
    t.is(typeof schema.title, 'string', name);
  }
});

// Writes the JSON Schema of every document and of every call's options into dist/schemas, after TypeScript is compiled.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { documents } from '../dist/api/documents.js';
import { options } from '../dist/api/options.js';
import { optionsSchema } from '../dist/api/options-schema.js';
import { root } from './native-deps.mjs';

/** The options of the library's calls, by the name of their file. */
const calls = {
  'load-model': ['load'],
  'predict-image': ['predict', 'image'],
  attribute: ['attribute'],
  'attribute-image': ['attribute', 'image'],
  'explain-image': ['explain', 'image', 'hide'],
  'explain-text': ['explain', 'text'],
  'explain-full-encoding': ['encode', 'image'],
  'rate-image': ['explain', 'image', 'hide', 'encode'],
  'rate-words': ['explain', 'text', 'rate'],
  'solve-mask': ['solve'],
  'verify-certificate': ['verify'],
  capabilities: ['capabilities'],
};

export async function writeSchemas(folder = join(root, 'dist', 'schemas')) {
  await mkdir(folder, { recursive: true });
  const write = (name, schema) =>
    writeFile(
      join(folder, `${name}.schema.json`),
      `${JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema }, null, 2)}\n`,
    );
  await Promise.all([
    ...Object.entries(documents).map(([name, schema]) => write(name, schema)),
    ...Object.entries(calls).map(([name, takes]) =>
      write(`${name}.options`, { title: `Options of ${name}`, ...optionsSchema(options, takes) }),
    ),
  ]);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await writeSchemas();

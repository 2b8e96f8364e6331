import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SmugError, wrongType } from '../errors.js';
import { foreignFolder } from './foreign-format.js';
import type { ModelFile } from './model.js';
import { loadOnnxFile } from './onnx/load.js';
import { loadTfjsFile } from './tfjs/load.js';

/** Where the package keeps `builtin:` models: the folder `models` beside `dist`. */
const builtinFolder = fileURLToPath(new URL('../../models/', import.meta.url));

/** Files looked for in a model's folder, in this order. The last is where Hugging Face's exporters put it. */
const namesInFolder = ['model.json', 'model.onnx', join('onnx', 'model.onnx')];

/**
 * Reads a model: an `.onnx` file, a TensorFlow.js `model.json`, a folder that holds one of them, or
 * `builtin:NAME`.
 *
 * @throws TypeError where source is no text; SmugError FILE_NOT_FOUND, FILE_UNREADABLE, BAD_MODEL, BAD_WEIGHTS, UNSUPPORTED_MODEL,
 *   UNSUPPORTED_OPERATOR
 */
export async function loadModelFile(source: string): Promise<ModelFile> {
  if (typeof source !== 'string' || source === '')
    throw wrongType('source', source, 'a path or builtin:NAME');
  if (!source.startsWith('builtin:')) return { ...(await loadPath(source)), source };
  return { ...(await loadPath(await builtinPath(source))), source, format: 'builtin' };
}

async function loadPath(path: string): Promise<ModelFile> {
  const file = await findModelFile(path);
  const loaded = file.toLowerCase().endsWith('.json') ? await loadTfjsFile(file) : await loadOnnxFile(file);
  return { ...loaded, path: file };
}

/** The model file that a path means. */
async function findModelFile(path: string): Promise<string> {
  const info = await statOf(path);
  if (info === undefined)
    throw new SmugError(
      'FILE_NOT_FOUND',
      `There is no model at ${path}; expected an .onnx file, a model.json or a folder with one.`,
    );
  if (!info.isDirectory()) return path;
  for (const name of namesInFolder) if ((await statOf(join(path, name)))?.isFile()) return join(path, name);
  const names = await readdir(path);
  const onnx = names.filter((name) => name.toLowerCase().endsWith('.onnx'));
  if (onnx.length === 1) return join(path, onnx[0]);
  const foreign = foreignFolder(names);
  const none = `none of them${foreign ? `: it looks like ${foreign.is}. ${foreign.advice.replace(/\.$/, '')}` : ''}`;
  const found = onnx.length === 0 ? none : `several .onnx files (${onnx.join(', ')}); name one`;
  throw new SmugError(
    'FILE_NOT_FOUND',
    `Folder ${path} should hold ${namesInFolder.join(', ')} or one .onnx file; it has ${found}.`,
  );
}

async function builtinPath(source: string): Promise<string> {
  const name = source.slice('builtin:'.length);
  const names = await readdir(builtinFolder).catch((): string[] => []);
  if (names.includes(name) && /^[\w.-]+$/.test(name)) return join(builtinFolder, name);
  throw new SmugError(
    'FILE_NOT_FOUND',
    `There is no built-in model '${name}'. There are: ${names.length > 0 ? names.map((n) => `builtin:${n}`).join(', ') : 'none'}.`,
  );
}

async function statOf(path: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  try {
    return await stat(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new SmugError('FILE_UNREADABLE', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

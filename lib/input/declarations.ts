import { readFile } from 'node:fs/promises';

import { argumentFault, type DeclarationCode, declarationFault, SmugError } from '../errors.js';
import { firstFile, foldersOf } from './beside-model.js';
import { readClassNameLines, readClassNames, type ClassNames } from './class-names.js';
import { minimalPreprocessor, readPreprocessor, type Preprocessor } from './preprocessor.js';

export interface DeclarationOptions {
  /** Path of a JSON file in the form of `preprocessor_config.json`, or its parsed contents. */
  preprocess?: string | object;
  /** Path of a JSON file (`id2label`, object or list) or of a text file with one name per line, or the names. */
  classNames?: string | readonly string[] | object;
}

/** What is declared of a model; null where nothing is. */
export interface Declarations {
  preprocessor: Preprocessor | null;
  classNames: ClassNames | null;
  /** The files (or 'options') these came from. */
  sources: { preprocessor: string | null; classNames: string | null };
}

/**
 * Finds a model's preprocessing and class names: options first, then `preprocessor_config.json` and
 * `config.json` in the model's folder, then in its parent (Hugging Face keeps ONNX files in `onnx/`).
 *
 * @param modelSource path of the model's file or folder; null for a model that lies in no folder
 * @throws RangeError (BAD_OPTION) where the caller's own is wrong; SmugError FILE_NOT_FOUND, FILE_UNREADABLE, BAD_MODEL for
 *   the model's files
 */
export async function findDeclarations(
  modelSource: string | null,
  options: DeclarationOptions = {},
): Promise<Declarations> {
  const folders = modelSource === null ? [] : await foldersOf(modelSource);
  const found: Declarations = {
    preprocessor: null,
    classNames: null,
    sources: { preprocessor: null, classNames: null },
  };

  if (options.preprocess !== undefined) {
    const given = options.preprocess;
    const name = typeof given === 'string' ? given : 'preprocess';
    const declaration =
      typeof given === 'string' ? parse(await readGiven(given, 'preprocess'), given, 'BAD_OPTION') : given;
    found.preprocessor = readPreprocessor(declaration, name, 'BAD_OPTION');
    found.sources.preprocessor = typeof given === 'string' ? given : 'options';
  } else {
    const file = await firstFile(folders, 'preprocessor_config.json');
    if (file !== null) {
      found.preprocessor = readPreprocessor(parse(file.text, file.path, 'BAD_MODEL'), file.path, 'BAD_MODEL');
      found.sources.preprocessor = file.path;
    }
  }

  if (options.classNames !== undefined) {
    found.classNames = await givenClassNames(options.classNames);
    found.sources.classNames = typeof options.classNames === 'string' ? options.classNames : 'options';
  } else {
    const file = await firstFile(folders, 'config.json');
    const names = file && readClassNames(parse(file.text, file.path, 'BAD_MODEL'), file.path, 'BAD_MODEL');
    if (names) {
      found.classNames = names;
      found.sources.classNames = file.path;
    }
  }
  return found;
}

/**
 * The preprocessing of a model that explains images.
 * @param input the model's input, whose size the sample names; without it 224 by 224
 * @throws SmugError NO_PREPROCESSING, which says what to declare, where and how
 */
export function requirePreprocessor(
  declarations: Pick<Declarations, 'preprocessor'>,
  model: string,
  input?: { shape: readonly number[]; layout: 'channels-first' | 'channels-last' },
): Preprocessor {
  if (declarations.preprocessor !== null) return declarations.preprocessor;
  const size = input && sizeOfPictures(input.shape, input.layout);
  const grey = input !== undefined && isGrey(input.shape, input.layout);
  const words =
    input?.shape.length === 2
      ? `Its input is a row of numbers, [${input.shape.join(', ')}]; where they are indices of words, pass a text to ` +
        'smug explain or smug predict (library: explainText, predictText); rows of a table are no pictures, and attribute of the library takes them. '
      : '';
  throw new SmugError(
    'NO_PREPROCESSING',
    `${model}: nothing says how a picture becomes this model's input, and a guess would explain another network. ` +
      words +
      `Put a preprocessor_config.json beside the model, or pass --preprocess FILE (library: the option preprocess). ` +
      `For example, for ${grey ? 'grey pictures from 0 to 1' : 'RGB in the usual ImageNet normalisation'}:\n${minimalPreprocessor(size, grey)}`,
  );
}

/** Inputs of fewer axes than four have no channels. */
function isGrey(shape: readonly number[], layout: 'channels-first' | 'channels-last'): boolean {
  return shape.length < 4 || (layout === 'channels-first' ? shape[1] : shape[3]) === 1;
}

/** Height and width of the pictures that an input of four axes takes; undefined where the file leaves them open. */
function sizeOfPictures(
  shape: readonly number[],
  layout: 'channels-first' | 'channels-last',
): { height: number; width: number } | undefined {
  if (shape.length !== 4) return undefined;
  const [height, width] = layout === 'channels-first' ? shape.slice(2) : shape.slice(1, 3);
  return height > 0 && width > 0 ? { height, width } : undefined;
}

async function readGiven(path: string, option: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new SmugError('FILE_NOT_FOUND', `${option}: there is no file ${path}.`, { cause: error });
    }
    throw new SmugError('FILE_UNREADABLE', `${option}: ${path} cannot be read: ${message}.`, {
      cause: error,
    });
  }
}

function parse(text: string, path: string, code: DeclarationCode): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw declarationFault(code, `${path} is not valid JSON: ${(error as Error).message}.`, { cause: error });
  }
}

async function givenClassNames(given: string | readonly string[] | object): Promise<ClassNames> {
  const fromFile = typeof given === 'string';
  const name = fromFile ? given : 'classNames';
  let declaration: unknown = given;
  if (fromFile) {
    const text = await readGiven(given, 'class-names');
    // A list of names may well be plain text; JSON ones begin with a bracket.
    if (!/^\s*[[{]/.test(text)) return readClassNameLines(text);
    declaration = parse(text, given, 'BAD_OPTION');
  }
  const names = readClassNames(declaration, name, 'BAD_OPTION');
  if (names !== null) return names;
  throw argumentFault(`${name} declares no class names: expected "id2label", a list, or one name per line.`);
}

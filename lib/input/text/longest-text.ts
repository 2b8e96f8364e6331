import { firstFile, foldersOf } from '../beside-model.js';

/** Where nobody says how long a text may be, Hugging Face writes a number of thirty digits. */
const UNLIMITED = 1e9;

/**
 * The positions that a model has, as the files that Hugging Face keeps beside it say: `max_position_embeddings` of `config.json`
 * (RoBERTa's first ones are those of padding) and `model_max_length` of `tokenizer_config.json`, the smaller one. Infinity
 * where none says.
 */
export async function longestText(modelPath: string): Promise<number> {
  const folders = await foldersOf(modelPath);
  const config = await fieldsOf(folders, 'config.json');
  const { model_max_length: stated } = await fieldsOf(folders, 'tokenizer_config.json');
  const { max_position_embeddings: positions, pad_token_id: padding, model_type: type } = config;
  const before = /roberta|camembert/.test(String(type)) ? (isCount(padding) ? padding : 1) + 1 : 0;
  const limits = [isCount(positions) ? positions - before : Infinity, isCount(stated) ? stated : Infinity];
  const least = Math.min(...limits);
  return least > 0 && least < UNLIMITED ? least : Infinity;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** The fields of a JSON file; none where there is no such file, or nothing to be read in it. */
async function fieldsOf(folders: string[], name: string): Promise<Record<string, unknown>> {
  try {
    const fields: unknown = JSON.parse((await firstFile(folders, name))?.text ?? '{}');
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

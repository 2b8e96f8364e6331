import { SmugError } from '../../errors.js';
import type { ModelFile } from '../model.js';

export async function loadTfjsFile(path: string): Promise<ModelFile> {
  throw new SmugError('UNSUPPORTED_MODEL', `${path}: TensorFlow.js models cannot be read yet.`);
}

// `npm run demo`: explains one held-out digit and writes the pictures to smug-out/.
import { join, relative } from 'node:path';
import { explainImage, loadModel, writeExplanationFiles } from '../dist/index.js';
import { inPlainWords, proofInWords } from '../dist/reports/plain-words.js';
import { root } from './native-deps.mjs';

const digit = join(root, 'examples', 'digits', '3.png');
const topK = 300;
const gamma = 0.5;

const model = await loadModel('builtin:mnist-cnn');
const explanation = await explainImage(model, digit, { topK, gamma });
const files = await writeExplanationFiles(explanation, join(root, 'smug-out'));
model.dispose();

const { certificate, attribution, engine, solver, timing } = explanation;
const percent = (value) => `${(100 * value).toFixed(1)} %`;
console.log(`
${relative(process.cwd(), digit)}

${inPlainWords(explanation)
  .map((sentence) => `  ${sentence}`)
  .join('\n')}

  minimal: ${proofInWords(explanation)}${certificate.status === 'optimal' ? ` (no mask of ${explanation.mask.size - 1} pixels will do)` : ''}
  attribution: integrated gradients, ${attribution.steps} steps, completeness error ${percent(attribution.completenessError)}
  ran on: ${engine} engine, ${solver}, ${(timing.totalMs / 1000).toFixed(2)} s

Pictures:
${files
  .filter((file) => file.endsWith('.png'))
  .map((file) => `  ${relative(process.cwd(), file)}`)
  .join('\n')}

Next, a photograph, with a network of your own (an ONNX file or TensorFlow.js model.json with its
preprocessor_config.json beside it):
  node dist/cli.js explain PHOTO.jpg --model MODEL --out smug-out
`);

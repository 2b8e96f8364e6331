/**
 * Every JSON document that this package prints, writes or answers. `npm run build` puts the schema of each, and of the options of
 * each call, into `dist/schemas`.
 */
import { certificateSchema } from './certificate.js';
import { attribution } from './attribution.js';
import { batchLine, batchSummary } from './batch.js';
import { comparison, comparisons } from './comparison.js';
import { doctor } from './doctor.js';
import { encodingCertificate, encodingVerdict } from './encoding-certificate.js';
import { evaluatedImage, evaluatedText, evaluationTable, textTable } from './evaluation.js';
import { explanation, explanationLine, explanations } from './explanation.js';
import { fullEncoding } from './full-encoding.js';
import { imageRating } from './image-rating.js';
import { prediction } from './prediction.js';
import { queuedBatchHead, queueStatus, submitted, workerReport } from './queue.js';
import { regions } from './regions.js';
import { reportRow, writtenReport } from './report.js';
import { Type, type TSchema } from './schema.js';
import { error } from './shared.js';
import { serviceAnswers, servedModels } from './service-answers.js';
import { solution } from './solution.js';
import { sweep, sweptEntry } from './sweep.js';
import { verdictSchema } from './verdict.js';
import { wordRating } from './word-rating.js';

/** What stands on stderr with `--json` where a command fails. */
const failure = Type.Object({ error }, { title: 'Failure of a command' });

export const documents: Readonly<Record<string, TSchema>> = {
  explanation,
  'explanation-line': explanationLine,
  explanations,
  'word-rating': wordRating,
  'image-rating': imageRating,
  comparison,
  comparisons,
  'batch-line': batchLine,
  'batch-summary': batchSummary,
  submitted,
  'queued-batch': queuedBatchHead,
  'worker-report': workerReport,
  'queue-status': queueStatus,
  'evaluation-table': evaluationTable,
  'text-table': textTable,
  'evaluated-image': evaluatedImage,
  'evaluated-text': evaluatedText,
  'full-encoding': fullEncoding,
  sweep,
  'swept-image': sweptEntry,
  regions,
  'report-row': reportRow,
  'written-report': writtenReport,
  attribution,
  prediction,
  solution,
  certificate: certificateSchema,
  verdict: verdictSchema,
  'encoding-certificate': encodingCertificate,
  'encoding-verdict': encodingVerdict,
  doctor,
  failure,
  'explain-answer': serviceAnswers.explain,
  'attribute-answer': serviceAnswers.attribute,
  'solve-answer': serviceAnswers.solve,
  'served-models': servedModels,
};

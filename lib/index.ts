/** smug-explain: what a neural network looked at, with a proof. */
export { loadModel, type LoadModelOptions } from './model/load-model.js';
export type { Model } from './model/model.js';
export type { ImageSource } from './model/model-image.js';
export { predictImage, type ImagePrediction, type PredictOptions } from './model/predict-image.js';
export { predictText, type PredictTextOptions } from './model/predict-text.js';
export { explainImage } from './explainers/explain-image.js';
export {
  explainFullEncoding,
  type FullEncodingOptions,
  type FullEncodingProgress,
} from './full-encoding/explain-full-encoding.js';
export type { FullEncodingDocument } from './api/full-encoding.js';
export type { EncodingCertificate, EncodingVerdict } from './api/encoding-certificate.js';
export { verifyFullEncoding, type VerifyFullEncodingOptions } from './verify-full-encoding.js';
export { explainText } from './explainers/explain-text.js';
export { attribute, type Attribution } from './explainers/attribute.js';
export { SharedBatches } from './attribution/shared-batches.js';
export { attributeImage, type ImageAttribution } from './explainers/attribute-image.js';
export type {
  AttributeImageOptions,
  AttributeOptions,
  ExplainOptions,
  ExplainProgress,
  ExplainTextOptions,
  RateImageOptions,
  RateWordsOptions,
  ScoreRule,
} from './explainers/options.js';
export type { Explanation, ImageExplanation, TextExplanation } from './explainers/explanation.js';
export { solutionDocument } from './solvers/solution-document.js';
export { solveMask } from './solvers/solve-mask.js';
export { solveMaskSteps, type SolveStep } from './solvers/solve-steps.js';
export type { SolveOptions, SolveProgress } from './solvers/solver.js';
export type { CsrMaskProblem, MaskProblem, MaskRow } from './masks/problem.js';
export type {
  ClaimCounts,
  MaskCore,
  MaskSolution,
  MaskStatus,
  RankedMask,
  SolveReport,
} from './solvers/solution.js';
export { capabilities, type Capabilities, type CapabilityOptions } from './capabilities.js';
export { verifyCertificate, type VerifyCertificateOptions } from './verify-certificate.js';
export type { Prover } from './verification/prover.js';
export type { Verdict } from './api/verdict.js';
export { rateImage, type RatedImage } from './explainers/image/rate-image.js';
export {
  compareMethods,
  type ComparedMethod,
  type CompareOptions,
  type MethodComparison,
} from './evaluation/compare-methods.js';
export { evaluate, type EvaluateOptions } from './evaluation/evaluate.js';
export { evaluateTexts, type EvaluateTextsOptions } from './evaluation/evaluate-texts.js';
export type {
  EvaluatedImage,
  EvaluatedText,
  EvaluationTable,
  TableRow,
  TextTable,
  TextTableRow,
} from './api/evaluation.js';
export type { RatedMethod } from './api/methods.js';
export type { SweptImage, SweptOptions } from './api/sweep.js';
export { sweepImages, sweptSettings, type SweepOptions, type SweepProgress } from './evaluation/sweep.js';
export { sweepDocument } from './evaluation/sweep-table.js';
export { readTextFolder, readTextLines, type LabelledText } from './evaluation/labelled-texts.js';
export { textTable } from './evaluation/text-table.js';
export { evaluationTable } from './evaluation/table.js';
export { rateWords, type RatedText } from './explainers/text/rate-words.js';
export { comparisonPage, type Comparison } from './reports/comparison-page.js';
export { writeHtmlReport } from './reports/html/write-report.js';
export { writeComparisonFiles } from './reports/comparison-files.js';
export { writeImageRatingFiles } from './reports/image-rating-files.js';
export { writeExplanationFiles } from './reports/explanation-files.js';
export { SmugError, type SmugErrorCode } from './errors.js';
export type { RawImage } from './input/raw-image.js';
export type { Tensor } from './tensor.js';

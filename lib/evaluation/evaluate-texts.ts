import { checkOption } from '../api/check.js';
import { commandOptions } from '../api/command-options.js';
import type { EvaluatedText } from '../api/evaluation.js';
import { optionsOfTextMethods, type RatedMethod } from '../api/methods.js';
import { settingsFor } from '../api/options.js';
import { refuseUnused, usedBy } from '../api/used-options.js';
import { explainText } from '../explainers/explain-text.js';
import type { ExplainTextSettings, RateWordsOptions } from '../explainers/options.js';
import { explainedOutput, type Target } from '../explainers/target.js';
import { BlankedText } from '../explainers/text/blanked-text.js';
import { rateWords } from '../explainers/text/rate-words.js';
import { shapeOf } from '../graph/graph.js';
import { overlaps } from '../input/text/text-spans.js';
import type { Model } from '../model/model.js';
import { withModelText, type ModelText } from '../model/model-text.js';
import { shapesOfInput } from '../model/sole-input.js';
import { sizeOf } from '../tensor.js';
import { checkLabel } from './labels.js';
import type { LabelledText } from './labelled-texts.js';
import { auc } from './metrics/auc.js';
import { comprehensiveness, comprehensivenessOfScores } from './metrics/comprehensiveness.js';
import { f1, maxF1 } from './metrics/f1.js';
import { mae, minMae } from './metrics/mae.js';
import { sparsity } from './metrics/sparsity.js';
import { sufficiency, sufficiencyOfScores } from './metrics/sufficiency.js';
import { runEvaluation, type OnEvaluated, type RunOptions } from './run-evaluation.js';

export interface EvaluateTextsOptions
  extends Omit<RateWordsOptions, 'target' | 'onProgress'>, Pick<RunOptions<EvaluatedText>, 'retry'> {
  methods: readonly RatedMethod[];
  onText?: OnEvaluated<EvaluatedText>;
}

/**
 * Evaluates methods on texts, labelled or not, marked by people or not; see `runEvaluation`. F is what `explainText` explains;
 * words that are taken away become the padding, or with `blankWord` the unknown word.
 *
 * @param journalPath the journal; one of another model, set of methods or options is refused
 * @returns every text, in order; those that failed say why
 * @throws SmugError FILE_UNWRITABLE, BAD_INPUT for another evaluation's journal, ABORTED
 */
export async function evaluateTexts(
  model: Model,
  texts: readonly LabelledText[],
  journalPath: string,
  { methods, retry, onText, ...options }: EvaluateTextsOptions,
): Promise<EvaluatedText[]> {
  checkOption('methods', commandOptions.evaluate.methods, methods);
  // Refused here, and not text by text.
  settingsFor(['explain', 'text', 'rate'], options);
  refuseUnused(optionsOfTextMethods, methods, options);
  const { signal, ...stated } = options;
  const head = { evaluation: 'texts', model: model.file.source, methods, options: stated };
  return runEvaluation<LabelledText, EvaluatedText>(
    journalPath,
    head,
    texts,
    (text) => evaluateText(model, text, methods, options),
    { retry, signal, onDone: onText },
  );
}

async function evaluateText(
  model: Model,
  labelled: LabelledText,
  methods: readonly RatedMethod[],
  options: RateWordsOptions,
): Promise<EvaluatedText> {
  const settings = settingsFor(['explain', 'text', 'rate'], options);
  const measure = (read: ModelText) => measureRead(model, labelled, read, methods, { options, settings });
  return withModelText(model, labelled.text, settings, measure);
}

async function measureRead(
  model: Model,
  { file, text, classIndex, truth }: LabelledText,
  read: ModelText,
  methods: readonly RatedMethod[],
  { options, settings }: { options: RateWordsOptions; settings: ExplainTextSettings },
): Promise<EvaluatedText> {
  if (classIndex !== undefined && settings.output !== 'value') {
    const graph = read.model.explained('probability', shapesOfInput(read.model, read.tensor));
    checkLabel(classIndex, sizeOf(shapeOf(graph, graph.outputs[0])));
  }
  const marked = truth && read.arranged.words.map((word) => (overlaps(word, truth) ? 1 : 0));
  const measured: EvaluatedText['methods'] = {};
  for (const method of methods) {
    const start = performance.now();
    const { target, words } = await rated(model, text, method, options);
    const seconds = (performance.now() - start) / 1000;
    if (classIndex !== undefined && target.index !== classIndex) return { file, correct: false };
    const scores = words.map(({ score }) => score);
    const kept = words.every((word) => word.kept !== null) ? words.map((word) => (word.kept ? 1 : 0)) : null;
    const blanked = new BlankedText(read, explainedOutput(target), settings.blankWord);
    const values = (masks: readonly Uint8Array[]) => blanked.values(masks, settings.signal);
    measured[method] = {
      sparsity: kept && sparsity(kept),
      sufficiency: kept ? await sufficiency(values, kept) : await sufficiencyOfScores(values, scores),
      comprehensiveness: kept
        ? await comprehensiveness(values, kept)
        : await comprehensivenessOfScores(values, scores),
      ...(marked && {
        agreement: {
          auc: auc(scores, marked),
          f1: kept ? f1(kept, marked).f1 : maxF1(scores, marked),
          mae: kept ? mae(kept, marked) : minMae(scores, marked),
        },
      }),
      seconds,
    };
  }
  return { file, correct: true, methods: measured };
}

/** A text's words by any method, with what it uses of the options. */
async function rated(
  model: Model,
  text: string,
  method: RatedMethod,
  options: RateWordsOptions,
): Promise<{ target: Target; words: { score: number; kept: boolean | null }[] }> {
  const used = usedBy(optionsOfTextMethods, method, options);
  return method === 'smug' ? explainText(model, text, used) : rateWords(model, text, method, used);
}

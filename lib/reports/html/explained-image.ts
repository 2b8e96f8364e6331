import { basename } from 'node:path';
import type { BatchLine } from '../../api/batch.js';
import type { ExplanationDocument } from '../../api/explanation.js';
import { cellsInWords, hiddenInWords, percent, sufficiencyInWords } from '../plain-words.js';
import { classOf, reported, type PictureFile, type ReportedImage } from './reported-image.js';

type ExplainedLine = Exclude<BatchLine, { error: unknown }>;

/** What a result and a line of a batch's index have in common, and what only the former has. */
type Explained = Pick<
  ExplainedLine,
  'input' | 'target' | 'nodes' | 'certificate' | 'attribution' | 'notes' | 'engine' | 'solver' | 'timing'
> & {
  mask: ExplainedLine['mask'];
  sufficiency: Pick<ExplanationDocument['sufficiency'], 'classKept' | 'before' | 'after'>;
} & Partial<Pick<ExplanationDocument, 'parameters' | 'words'>>;

/** @param paths of the files that were written for it, as far as they are there */
export function explainedImage(explained: Explained, paths: readonly string[]): ReportedImage {
  const { input, target, mask, certificate, sufficiency, notes, timing, words } = explained;
  const cells = words?.length ?? Math.ceil(mask.height / mask.window) * Math.ceil(mask.width / mask.window);
  return reported(
    input,
    {
      ...classOf(target),
      size: mask.size,
      cells,
      share: mask.sparsity,
      bound: certificate.lowerBound,
      proof: proofOf(certificate),
      classKept: sufficiency.classKept,
      seconds: timing.totalMs / 1000,
      facts: factsOf(explained, cells),
      notes: [
        sufficiencyInWords(
          { target, sufficiency } as Parameters<typeof sufficiencyInWords>[0],
          words ? 'these words' : 'the kept cells',
        ),
        ...notes,
      ],
      ...(words && { words: weighed(words) }),
    },
    picturesAmong(paths),
  );
}

function proofOf({ status, confirmed }: Explained['certificate']): string {
  if (status !== 'optimal') return 'not proven';
  return confirmed === false ? 'proven by one prover' : 'proven';
}

function factsOf(explained: Explained, cells: number): [string, string][] {
  const {
    target,
    mask,
    certificate,
    nodes,
    attribution,
    sufficiency,
    timing,
    engine,
    solver,
    parameters,
    words,
  } = explained;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  const answer = (value: number) =>
    target.value === undefined ? percent(value) : String(Number(value.toPrecision(3)));
  return [
    ['Size', `${mask.size} of ${cells} ${words ? 'words' : cellsInWords(mask)}, ${percent(mask.sparsity)}`],
    [
      'Certificate',
      `${certificate.status}; no mask has fewer than ${certificate.lowerBound}${by(certificate)}`,
    ],
    [
      'The class',
      `${answer(sufficiency.before)} on the whole input, ${answer(sufficiency.after)} on what is kept`,
    ],
    [
      'Nodes',
      `${nodes.selected} chosen, ${nodes.constrained} to keep, ${nodes.metByBlank} met with everything hidden`,
    ],
    [
      'Attribution',
      `${attribution.method}, ${attribution.steps} points` +
        (attribution.completenessError === null
          ? ''
          : `, completeness error ${percent(attribution.completenessError)}`),
    ],
    ...(parameters
      ? ([
          [
            'Parameters',
            `top-k ${parameters.topK}, gamma ${parameters.gamma}, window ${parameters.window}, evidence of the ${parameters.evidence}, ` +
              `${parameters.output} attributed, score ${parameters.score}, seed ${parameters.seed}`,
          ],
          ['Hidden', hiddenInWords(parameters.blank)],
        ] as [string, string][])
      : []),
    [
      'Time',
      `${seconds(timing.totalMs)}: reading ${seconds(timing.loadMs)}, attribution ${seconds(timing.attributionMs)}, ` +
        `encoding ${seconds(timing.encodingMs)}, solving ${seconds(timing.solveMs)}`,
    ],
    ['Ran on', `engine ${engine}, solver ${solver}`],
  ];
}

function by({ provers }: Explained['certificate']): string {
  return provers && provers.length > 0 ? ` (by ${provers.join(', ')} alone)` : '';
}

function weighed(words: NonNullable<ExplanationDocument['words']>): [string, number | null][] {
  const most = words.reduce((largest, { score }) => Math.max(largest, score), 0);
  return words.map(({ word, kept, score }) => [
    word,
    kept ? (most > 0 ? Math.max(0, score) / most : 0) : null,
  ]);
}

/** How names of files with pictures end, all of them. */
export const pictureEndings = (): string[] => kinds.flatMap(([, endings]) => endings);

/** Kinds of pictures, the most telling first, and how their files' names end. Enlarged ones stand in for small ones. */
const kinds: readonly (readonly [kind: string, endings: readonly string[]])[] = [
  ['overlay', ['.enlarged.png', '.overlay.png']],
  ['heat map', ['.heatmap.enlarged.png', '.heatmap.png']],
  ['mask', ['.mask.png']],
  ['core', ['.core.enlarged.png', '.core.png']],
];

function picturesAmong(paths: readonly string[]): PictureFile[] {
  return kinds.flatMap(([kind, endings]) => {
    for (const ending of endings) {
      const path = paths.find((one) => one.endsWith(ending) && !isAnother(one, ending));
      if (path !== undefined) return [{ kind, path }];
    }
    return [];
  });
}

/** `x.heatmap.enlarged.png` ends like the enlarged overlay, and `x.2.overlay.png` is that of a further mask. */
function isAnother(path: string, ending: string): boolean {
  const rest = basename(path).slice(0, -ending.length);
  return (
    (ending === '.enlarged.png' && /\.(heatmap|core)$/.test(rest)) ||
    (ending === '.overlay.png' && /\.\d+$/.test(rest))
  );
}

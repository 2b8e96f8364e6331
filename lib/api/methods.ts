/** How first-layer nodes are scored. */
export const attributionMethodNames = [
  'integrated-gradients',
  'gradients',
  'activations',
  'blurred-gradients',
  'integrated-gradients-black-white',
] as const;

/** What SMUG is compared with on texts. */
export const textMethodNames = ['smug-base', 'sis', 'integrated-gradients', 'gradients'] as const;

/** What SMUG is compared with on images; `smug` itself is one of them. */
export const imageMethodNames = [
  'smug',
  'smug-base',
  'integrated-gradients',
  'integrated-gradients-black-white',
  'gradients',
  'smooth-grad',
  'grad-cam',
  'xrai',
  'opt-box',
  'center-box',
  'max-box',
  'ground-truth',
  'full-encoding',
] as const;

export type AttributionMethodName = (typeof attributionMethodNames)[number];

export type TextMethodName = (typeof textMethodNames)[number];

/** SMUG itself and what it is compared with on texts. */
export const ratedMethodNames = ['smug', ...textMethodNames] as const;

export type RatedMethod = (typeof ratedMethodNames)[number];

export type ImageMethodName = (typeof imageMethodNames)[number];

/** Of them, those that run unless somebody says otherwise: what needs the image and the network alone, whatever the network. */
export const usualImageMethodNames = imageMethodNames.filter(
  (name) => name !== 'ground-truth' && name !== 'full-encoding',
);

const quadrature = ['tolerance', 'steps', 'maxSteps'] as const;
const scoredNodes = [
  'attribution',
  'stop',
  'stability',
  'strict',
  'sharedBatches',
  'topK',
  'score',
  ...quadrature,
] as const;
const proofs = [
  'solutions',
  'disjoint',
  'core',
  'timeLimit',
  'solver',
  'confirm',
  'certificate',
  'seed',
] as const;
const evidence = ['output', 'evidence', 'blank', 'gamma', ...scoredNodes] as const;

/**
 * Which options a method uses. One that stands at no method here (the class, threads, what reads the input) is used by all.
 * `gamma` moves SMUG_base where the evidence is `auto`.
 */
export const optionsOfImageMethods: Readonly<Record<ImageMethodName, readonly string[]>> = {
  smug: [...evidence, 'window', 'reference', 'requireClass', 'regions', ...proofs],
  'smug-base': evidence,
  'integrated-gradients': quadrature,
  'integrated-gradients-black-white': quadrature,
  gradients: [],
  'smooth-grad': ['seed'],
  'grad-cam': [],
  xrai: quadrature,
  'opt-box': [],
  'center-box': [],
  'max-box': [],
  'ground-truth': [],
  'full-encoding': ['delta', 'timeLimit', 'blank', 'certificate'],
};

/** The same of texts; `output=value` is that value alone: it says which output of the network is read, not how nodes are scored. */
export const optionsOfTextMethods: Readonly<Record<RatedMethod, readonly string[]>> = {
  smug: [...scoredNodes, 'output', 'gamma', 'window', 'requireClass', 'blankWord', ...proofs],
  'smug-base': [...scoredNodes, 'output'],
  sis: ['threshold', 'blankWord', 'output=value'],
  'integrated-gradients': [...quadrature, 'output=value'],
  gradients: ['output=value'],
};

/**
 * Options that ask for something: a method that cannot give it refuses them. The others say how SMUG works, and how long; one list of
 * them suits every method, as comparisons in a loop have it.
 */
export const askingOptions: readonly string[] = [
  'solutions',
  'disjoint',
  'core',
  'requireClass',
  'reference',
  'delta',
  'threshold',
  'regions',
];

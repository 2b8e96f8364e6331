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

export type ImageMethodName = (typeof imageMethodNames)[number];

/** Of them, those that run unless somebody says otherwise: what needs the image and the network alone, whatever the network. */
export const usualImageMethodNames = imageMethodNames.filter(
  (name) => name !== 'ground-truth' && name !== 'full-encoding',
);

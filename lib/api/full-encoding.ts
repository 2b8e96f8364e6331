import { encodingCertificate } from './encoding-certificate.js';
import { Type, type Static } from './schema.js';
import { count, milliseconds, orNull, zeroOrOne } from './shared.js';
import { gap, maskStatus } from './solution.js';

const logits = Type.Array(Type.Number(), {
  description: 'One per class, of the network with real arithmetic, rounded to float64.',
});

/** What `explainFullEncoding` gives. */
export const fullEncoding = Type.Object(
  {
    input: Type.String(),
    model: Type.String(),
    target: Type.Object(
      { index: count(), label: orNull(Type.String(), 'Null where the model declares no names.') },
      { description: 'The class that the network reads, in exact arithmetic; of equal logits the first.' },
    ),
    parameters: Type.Object({
      delta: Type.Number({ description: "By how much the class's logit must beat every other one." }),
      timeLimit: Type.Number({ description: 'Seconds; 0: no limit.' }),
      blank: Type.Enum(['zero'], { description: 'A hidden pixel is 0 after preprocessing.' }),
    }),
    network: Type.Object({
      layers: count('Linear layers.'),
      products: count('Multiplications per run.'),
      pixels: count('Pixels that can matter: not equal to the blank, and read by the network.'),
    }),
    mask: orNull(
      Type.Object({
        height: count(),
        width: count(),
        size: count('Pixels that are kept.'),
        sparsity: Type.Number({ description: 'Share of the pixels that is kept.' }),
        cells: zeroOrOne,
      }),
      'Row-major over the pixels of the model’s input; null where none was found.',
    ),
    certificate: Type.Object({
      status: maskStatus,
      lowerBound: count('No mask has fewer pixels.'),
      gap,
      provenBy: Type.String({ description: 'What the lower bound rests on.' }),
      nodes: count('Choices that the branch and bound went through.'),
      tried: count('Masks that it tried one by one.'),
    }),
    logits: Type.Object({ whole: logits, masked: orNull(logits, 'Null where there is no mask.') }),
    margin: orNull(
      Type.Number(),
      "By how much the class's logit beats the largest other one on the masked image; null where there is no mask.",
    ),
    proof: Type.Optional(encodingCertificate),
    threads: count(),
    timing: Type.Object({
      loadMs: milliseconds('Reading the image and encoding the network.'),
      searchMs: milliseconds('Seeking a small mask.'),
      proofMs: milliseconds('Excluding smaller ones.'),
      totalMs: milliseconds(),
    }),
  },
  {
    title: 'A smallest mask that keeps the class of the whole network',
    description:
      'min Σ M such that argmax N(X ⊙ M) = argmax N(X), N the network with real arithmetic over its float32 weights.',
  },
);

export type FullEncodingDocument = Static<typeof fullEncoding>;

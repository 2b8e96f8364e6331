import { Type, type Static } from './schema.js';
import { count } from './shared.js';

const viewport = Type.Object(
  {
    x: Type.Number(),
    y: Type.Number(),
    width: Type.Number(),
    height: Type.Number(),
    inputWidth: count("Pixels of the network's input."),
    inputHeight: count("Pixels of the network's input."),
    originalWidth: count('Pixels of the original upright picture.'),
    originalHeight: count('Pixels of the original upright picture.'),
  },
  { description: "Which part of the original picture the network's input shows." },
);

/**
 * Which part of the original picture the network's input shows: pixel (u, v) of a model input of
 * `inputWidth`×`inputHeight` covers the rectangle of original pixels from
 * (x + u·width/inputWidth, y + v·height/inputHeight), one step wide and high. All in pixels of the original
 * upright picture, as fractions. The rectangle reaches outside where a crop was larger than the picture.
 */
export type Viewport = Static<typeof viewport>;

/** What a picture of an explanation is drawn from, beside the image and its mask, as the service tells it. */
export const picture = Type.Object({
  viewport,
  scores: Type.Array(Type.Number(), {
    description: 'Scores summed over each cell, kept or not, in the order of the mask.',
  }),
});

export type PictureDocument = Static<typeof picture>;

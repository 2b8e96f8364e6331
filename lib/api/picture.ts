/**
 * Which part of the original picture the network's input shows: pixel (u, v) of a model input of
 * `inputWidth`×`inputHeight` covers the rectangle of original pixels from
 * (x + u·width/inputWidth, y + v·height/inputHeight), one step wide and high. All in pixels of the original
 * upright picture, as fractions. The rectangle reaches outside where a crop was larger than the picture.
 */
export interface Viewport {
  x: number;
  y: number;
  width: number;
  height: number;
  inputWidth: number;
  inputHeight: number;
  /** Sides of the original upright picture. */
  originalWidth: number;
  originalHeight: number;
}

/** What a picture of an explanation is drawn from, beside the image and its mask, as the service tells it. */
export interface PictureDocument {
  viewport: Viewport;
  /** s_ij summed over each cell, kept or not, in the order of the mask. */
  scores: number[];
}

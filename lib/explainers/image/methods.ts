import type { ImageMethodName } from '../../api/methods.js';
import { centerBox, maxBox, optBox } from './boxes.js';
import { fullEncoding } from './full-encoding.js';
import { gradCam } from './grad-cam.js';
import { imageGradients } from './gradients.js';
import { groundTruth } from './ground-truth.js';
import type { ImageMethod } from './image-task.js';
import { blackWhiteIntegratedGradients, pixelIntegratedGradients } from './integrated-gradients.js';
import { smoothGrad } from './smooth-grad.js';
import { smug, smugBase } from './smug.js';
import { xrai } from './xrai/xrai.js';

/** Every method that scores or chooses an image's pixels. */
export const imageMethods = {
  smug,
  'smug-base': smugBase,
  'integrated-gradients': pixelIntegratedGradients,
  'integrated-gradients-black-white': blackWhiteIntegratedGradients,
  gradients: imageGradients,
  'smooth-grad': smoothGrad,
  'grad-cam': gradCam,
  xrai,
  'opt-box': optBox,
  'center-box': centerBox,
  'max-box': maxBox,
  'ground-truth': groundTruth,
  'full-encoding': fullEncoding,
} as const satisfies Record<ImageMethodName, ImageMethod>;

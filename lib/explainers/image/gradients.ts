import { overChannels, type ImageMethod } from './image-task.js';

/** |∂F/∂x| of the image itself, summed over its channels (Simonyan, Vedaldi, Zisserman 2013). */
export const imageGradients: ImageMethod = async ({ image, network, target, settings }) => {
  const inputs = [image.prepared.tensor];
  const { gradients } = await network.gradient({ inputs, targets: [target.index], signal: settings.signal });
  return { scores: overChannels(image, gradients.data), kept: null, steps: 1 };
};
